import ProfileModel
import Profiles

/// Reads the tables of `ProfileJSON`, each after those that its rows refer to.
struct ProfileJSONTables {
    private var row: JSONRow
    private var builder: ProfileBuilder
    private let limits: ProfileLimits
    private var strings: [String] = []
    private var mappings: [Profile.MappingIndex] = []
    private var functions: [Profile.FunctionIndex] = []
    private var locations: [Profile.LocationIndex] = []
    private var stacks: [Profile.StackIndex] = []
    /// How many frames each stack has.
    private var depths: [Int] = []
    private var threads: [ProfiledThread] = []
    /// Of all locations.
    private var lineCount = 0

    init(_ row: JSONRow, _ builder: ProfileBuilder, _ limits: ProfileLimits) {
        self.row = row
        self.builder = builder
        self.limits = limits
    }

    mutating func read() throws(ProfileReadingError) {
        try row.open("strings")
        while try row.hasElement() {
            strings.append(try row.scanner.string())
            try checkRows()
        }
        try readMappings()
        try readFunctions()
        try readLocations()
        try readStacks()
        try readThreads()
        try readSamples()
    }

    consuming func finish() -> Profile { builder.finish() }

    private mutating func readMappings() throws(ProfileReadingError) {
        try row.open("mappings")
        while try row.hasElement() {
            try row.open()
            let path = strings[try row.index(below: strings.count, "string")]
            try row.field()
            let buildID = try row.scanner.isNull() ? nil : BuildID(hexadecimal: try row.scanner.string())
            let (start, limit) = (try row.optionalAddress(), try row.optionalAddress())
            let offset = try row.optionalAddress()
            try row.close()
            var segment: CodeSegment?
            if let start, let limit, let offset {
                segment = CodeSegment(
                    start: FileAddress(rawValue: start), limit: FileAddress(rawValue: limit), fileOffset: offset)
            }
            mappings.append(builder.mapping(path: path, buildID: buildID, segment: segment))
            try checkRows()
        }
    }

    private mutating func readFunctions() throws(ProfileReadingError) {
        try row.open("functions")
        while try row.hasElement() {
            try row.open()
            let name = strings[try row.index(below: strings.count, "string")]
            let systemName = try row.optionalIndex(below: strings.count, "string").map { strings[$0] }
            try row.field()
            guard let kind = FrameKind(rawValue: try row.scanner.string()) else {
                throw row.scanner.error("a kind of function is expected")
            }
            let file = try row.optionalIndex(below: strings.count, "string").map { strings[$0] }
            let startLine: Int? = try row.optionalNumber()
            try row.close()
            functions.append(
                builder.function(named: name, systemName: systemName, kind: kind, file: file, startLine: startLine))
            try checkRows()
        }
    }

    private mutating func readLocations() throws(ProfileReadingError) {
        try row.open("locations")
        while try row.hasElement() {
            try row.open()
            try row.field()
            let place = try row.scanner.string()
            let mapping = try row.optionalIndex(below: mappings.count, "mapping").map { mappings[$0] }
            let address = try row.optionalAddress()
            guard let position = Self.position(place, mapping, address) else {
                throw row.scanner.error("a place of a location is expected")
            }
            try row.field()
            let lines = try lines()
            try row.close()
            lineCount += lines.count
            guard !lines.isEmpty else { throw row.scanner.error("a location has at least one line") }
            locations.append(builder.location(at: position, lines: lines))
            try checkRows()
        }
    }

    private static func position(
        _ place: String, _ mapping: Profile.MappingIndex?, _ address: UInt64?
    ) -> Profile.Position? {
        switch (place, mapping, address) {
        case ("object", let mapping?, let address?): .object(mapping, FileAddress(rawValue: address))
        case ("kernel", let mapping?, let address?): .kernel(mapping, Address(rawValue: address))
        case ("process", nil, let address?): .process(Address(rawValue: address))
        case ("unknown", nil, nil): .unknown
        default: nil
        }
    }

    private mutating func lines() throws(ProfileReadingError) -> [Profile.Line] {
        var lines: [Profile.Line] = []
        try row.open()
        while try row.hasElement() {
            let function = functions[try row.position(below: functions.count, "function")]
            lines.append(Profile.Line(function: function, number: try row.optionalNumber()))
            try limits.check(depth: lines.count, in: .json, at: .byte(row.scanner.offset))
        }
        return lines
    }

    private mutating func readStacks() throws(ProfileReadingError) {
        try row.open("stacks")
        while try row.hasElement() {
            try row.open()
            // A caller's row is before those that it called.
            let caller = try row.optionalIndex(below: stacks.count, "stack before this one")
            let location = locations[try row.index(below: locations.count, "location")]
            try row.close()
            stacks.append(builder.stack(of: location, calledFrom: caller.map { stacks[$0] }))
            depths.append(1 + (caller.map { depths[$0] } ?? 0))
            try limits.check(depth: depths[depths.count - 1], in: .json, at: .byte(row.scanner.offset))
            try checkRows()
        }
    }

    private mutating func readThreads() throws(ProfileReadingError) {
        try row.open("threads")
        while try row.hasElement() {
            try row.open()
            let (process, thread): (Int32?, Int32?) = (try row.optionalNumber(), try row.optionalNumber())
            let name = strings[try row.index(below: strings.count, "string")]
            let processName = strings[try row.index(below: strings.count, "string")]
            try row.close()
            threads.append(
                ProfiledThread(
                    process: process.map(ProcessID.init), thread: thread.map(ThreadID.init), name: name,
                    processName: processName))
            try checkRows()
        }
    }

    private mutating func readSamples() throws(ProfileReadingError) {
        try row.open("samples")
        while try row.hasElement() {
            try row.open()
            let stack = try row.optionalIndex(below: stacks.count, "stack").map { stacks[$0] }
            let thread = threads[try row.index(below: threads.count, "thread")]
            let truncation = try row.optionalIndex(below: strings.count, "string").map { strings[$0] }
            try row.field()
            let values = try values()
            try row.field()
            let runs = try runs()
            try row.close()
            builder.add(at: stack, thread: thread, truncation: truncation, values: values, runs: runs)
            try checkRows()
        }
    }

    private mutating func values() throws(ProfileReadingError) -> [Int64] {
        var values: [Int64] = []
        try row.open()
        while try row.hasElement() {
            guard values.count < builder.sampleTypes.count else {
                throw row.scanner.error("a sample has a value for each of the \(builder.sampleTypes.count) types")
            }
            values.append(try row.scanner.integer())
        }
        guard values.count == builder.sampleTypes.count else {
            throw row.scanner.error("a sample has a value for each of the \(builder.sampleTypes.count) types")
        }
        return values
    }

    private mutating func runs() throws(ProfileReadingError) -> SampleRuns {
        var runs = SampleRuns()
        var start: UInt64 = 0
        try row.open()
        while try row.hasElement() {
            start &+= UInt64(bitPattern: try row.scanner.integer())
            try row.field()
            // Wraps as the start does.
            let length = UInt64(bitPattern: try row.scanner.integer())
            try row.field()
            let count = try row.unsigned()
            runs.append(SampleRuns.Run(start: start, end: start &+ length, count: count))
        }
        return runs
    }

    private func checkRows() throws(ProfileReadingError) {
        let others = strings.count + stacks.count + threads.count + lineCount
        try limits.check(builder.size, and: others, in: .json, at: .byte(row.scanner.offset))
    }
}
