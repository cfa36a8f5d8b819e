import ProfileModel
import Profiles

/// Reads what `ProfileJSON` writes.
struct ProfileJSONReader {
    private let file: [UInt8]
    private let limits: ProfileLimits

    init(_ file: [UInt8], _ limits: ProfileLimits) {
        self.file = file
        self.limits = limits
    }

    func profile() throws(ProfileReadingError) -> Profile {
        var scanner = JSONScanner(file, format: .json)
        let members = try scanner.members()
        try scanner.end()
        var row = JSONRow(file, members)
        try row.go(to: "schema")
        let schema = try row.scanner.integer()
        guard schema == ProfileJSON.schema else {
            throw row.scanner.error("schema \(ProfileJSON.schema) is expected, not \(schema)")
        }
        let (types, shown) = try sampleTypes(&row)
        let builder = ProfileBuilder(metadata: try metadata(&row), sampleTypes: types, shown: shown)
        var tables = ProfileJSONTables(row, builder, limits)
        try tables.read()
        return tables.finish()
    }

    private func sampleTypes(_ row: inout JSONRow) throws(ProfileReadingError) -> ([SampleType], shown: SampleType) {
        var types: [SampleType] = []
        try row.open("sample_types")
        while try row.hasElement() {
            var (name, unit) = ("", "count")
            var isFirst = true
            try row.scanner.open("{")
            while let member = try row.scanner.nextName(&isFirst) {
                switch member {
                case "name": name = try row.scanner.string()
                case "unit": unit = try row.scanner.string()
                default: try row.scanner.skip()
                }
            }
            types.append(SampleType(name: name, unit: SampleType.Unit(named: unit)))
            guard types.count <= PprofTables.mostTypes else { throw row.scanner.error("there are too many types") }
        }
        try row.go(to: "shown_type")
        return (types, types[try row.position(below: types.count, "type")])
    }

    private func metadata(_ row: inout JSONRow) throws(ProfileReadingError) -> ProfileMetadata {
        try row.go(to: "command")
        var metadata = ProfileMetadata(command: try row.scanner.string())
        try row.go(to: "rate_hertz")
        if try !row.scanner.isNull() { metadata.rateHertz = try row.number() }
        try row.go(to: "start_nanoseconds")
        metadata.startNanoseconds = try row.optionalUnsigned()
        try row.go(to: "duration_nanoseconds")
        metadata.durationNanoseconds = try row.optionalUnsigned()
        try row.open("processes")
        while try row.hasElement() {
            metadata.processes.append(ProcessID(rawValue: try row.number()))
            try limits.check(rows: metadata.processes.count, in: .json, at: .byte(row.scanner.offset))
        }
        metadata.processes.sort()
        try row.open("comments")
        while try row.hasElement() {
            metadata.comments.append(try row.scanner.string())
            try limits.check(rows: metadata.comments.count, in: .json, at: .byte(row.scanner.offset))
        }
        try row.go(to: "counts")
        metadata.counts = try row.scanner.isNull() ? nil : try counts(&row)
        return metadata
    }

    private func counts(_ row: inout JSONRow) throws(ProfileReadingError) -> SampleCounts {
        var counts = SampleCounts()
        var isFirst = true
        try row.scanner.open("{")
        while let name = try row.scanner.nextName(&isFirst) {
            switch name {
            case "samples": counts.samples = try row.unsigned()
            case "recorded_samples": counts.recordedSamples = try row.optionalUnsigned()
            case "late_ticks": counts.lateTicks = try row.unsigned()
            case "missed_ticks": counts.missedTicks = try row.unsigned()
            case "unnamed_frames": counts.unnamedFrames = try row.unsigned()
            case "truncated": counts.truncated = try row.counts()
            case "lost": counts.lost = try row.counts()
            case "unnamed_frames_by_object": counts.unnamedFramesByObject = try row.counts()
            default: try row.scanner.skip()
            }
        }
        return counts
    }
}
