import Compression
import PprofMessages
import ProfileModel
package import Profiles
import SwiftProtobuf

/// A profile for pprof and what else reads `profile.proto`: `go tool pprof`, Parca, Pyroscope, speedscope.
///
/// A stack without its root begins with a row such as `[truncated: frame_limit]`. Samples have the labels `pid`,
/// `thread_id`, `thread_comm` and `comm`, the process's name. Generated code is in a mapping `[jit]`, Python
/// functions in `[python]`. The format has no place for times of samples.
package struct PprofFile {
    /// Gzipped, as pprof's description demands.
    package let bytes: [UInt8]

    /// `nil` when there is no memory for it.
    package init?(_ profile: Profile) {
        var writer = PprofWriter(profile)
        // Encoding fails for missing required fields and texts that are no UTF-8 only; there are none of both.
        guard let content: [UInt8] = try? writer.message().serializedBytes(),
            let compressed = Gzip.compressed(content, .balanced)
        else { return nil }
        bytes = compressed
    }
}

/// Makes the message of a profile.
private struct PprofWriter {
    private let profile: Profile
    private var strings = Table<Spelling>()
    private var file = PprofProfile()
    /// The identifiers of the locations that stand for missing roots, by the reason.
    private var truncations: [Profile.StringIndex: UInt64] = [:]

    init(_ profile: Profile) {
        self.profile = profile
        _ = index("")
    }

    mutating func message() -> PprofProfile {
        file.sampleType = profile.sampleTypes.map { valueType($0) }
        file.defaultSampleType = index(profile.shownSampleType.name)
        addMappings()
        addFunctions()
        addLocations()
        addSamples()
        addMetadata()
        file.stringTable = strings.rows.map(\.text)
        return file
    }

    private mutating func addMetadata() {
        let metadata = profile.metadata
        file.timeNanos = Int64(clamping: metadata.startNanoseconds ?? 0)
        file.durationNanos = Int64(clamping: metadata.durationNanoseconds ?? 0)
        // Off-CPU intervals aren't sampled by a period.
        let sampled = profile.sampleTypes.first { $0 == .cpu || $0 == .wall }
        if let sampled, let period = metadata.periodNanoseconds {
            file.periodType = valueType(sampled)
            file.period = period
        }
        file.comment = PprofRemarks.comments(metadata).map { index($0) }
    }

    private mutating func addMappings() {
        file.mapping = profile.mappings.rows.enumerated().map { position, row in
            PprofMapping.with {
                $0.id = UInt64(position + 1)
                $0.memoryStart = row.segment?.start.rawValue ?? 0
                $0.memoryLimit = row.segment?.limit.rawValue ?? 0
                $0.fileOffset = row.segment?.fileOffset ?? 0
                $0.filename = index(profile[text: row.path])
                $0.buildID = index(row.buildID?.description ?? "")
            }
        }
        for (position, path) in Self.placeholders.enumerated() {
            file.mapping.append(
                PprofMapping.with {
                    $0.id = UInt64(profile.mappings.count + position + 1)
                    $0.filename = index(path)
                })
        }
        for location in profile.locations.rows { note(location) }
        file.mapping.removeAll { $0.id > profile.mappings.count && !$0.hasFunctions_p }
        guard let main = profile.mainMapping else { return }
        file.mapping.insert(file.mapping.remove(at: main.position), at: 0)
    }

    /// Says of a location's mapping what is known there.
    private mutating func note(_ location: Profile.Location) {
        guard let id = mappingID(of: location) else { return }
        let position = Int(id - 1)
        let functions = location.lines.map { profile.functions[$0.function] }
        if functions.contains(where: { $0.kind != .unknown }) { file.mapping[position].hasFunctions_p = true }
        if functions.contains(where: { $0.file != nil }) { file.mapping[position].hasFilenames_p = true }
        if location.lines.contains(where: { $0.number != nil }) { file.mapping[position].hasLineNumbers_p = true }
        if location.lines.count > 1 { file.mapping[position].hasInlineFrames_p = true }
    }

    private func mappingID(of location: Profile.Location) -> UInt64? {
        switch location.position {
        case .object(let mapping, _), .kernel(let mapping, _): return UInt64(mapping.position + 1)
        case .process, .unknown:
            let kind = location.lines.last.map { profile.functions[$0.function].kind }
            switch kind {
            case .jit: return UInt64(profile.mappings.count + 1)
            case .python: return UInt64(profile.mappings.count + 2)
            case .native, .kernel, .unknown, nil: return nil
            }
        }
    }

    /// The paths of the mappings behind the profile's that say the kind of functions in no object file.
    private static let placeholders = [NamesInFiles.jitPath, PythonNames.mappingPath]

    private mutating func addFunctions() {
        file.function = profile.functions.rows.enumerated().map { position, row in
            let name = index(profile[text: row.name])
            return PprofFunction.with {
                $0.id = UInt64(position + 1)
                $0.name = name
                $0.systemName = row.systemName.map { index(profile[text: $0]) } ?? name
                $0.filename = row.file.map { index(profile[text: $0]) } ?? 0
                $0.startLine = Int64(row.startLine ?? 0)
            }
        }
    }

    private mutating func addLocations() {
        file.location = profile.locations.rows.enumerated().map { position, row in
            PprofLocation.with {
                $0.id = UInt64(position + 1)
                $0.mappingID = mappingID(of: row) ?? 0
                $0.address = row.position.number ?? 0
                $0.line = row.lines.map { line in
                    PprofLine.with {
                        $0.functionID = UInt64(line.function.position + 1)
                        $0.line = Int64(line.number ?? 0)
                    }
                }
            }
        }
    }

    private mutating func addSamples() {
        let labels = profile.threads.indices.map { self.labels(of: profile.thread(at: $0)) }
        file.sample.reserveCapacity(profile.samples.count)
        for sample in profile.samples {
            var locations = profile.locations(of: sample.stack).map { UInt64($0.position + 1) }
            if let reason = sample.truncation { locations.append(location(ofTruncation: reason)) }
            file.sample.append(
                PprofSample.with {
                    $0.locationID = locations
                    $0.value = Array(sample.values)
                    $0.label = labels[sample.thread.position]
                })
        }
    }

    private mutating func location(ofTruncation reason: Profile.StringIndex) -> UInt64 {
        if let known = truncations[reason] { return known }
        let name = index(profile.truncationRow(reason))
        let function = PprofFunction.with {
            $0.id = UInt64(file.function.count + 1)
            $0.name = name
            $0.systemName = name
        }
        let location = PprofLocation.with {
            $0.id = UInt64(file.location.count + 1)
            $0.line = [PprofLine.with { $0.functionID = function.id }]
        }
        file.function.append(function)
        file.location.append(location)
        truncations[reason] = location.id
        return location.id
    }

    private mutating func labels(of thread: ProfiledThread) -> [PprofLabel] {
        var labels: [PprofLabel] = []
        if let process = thread.process { labels.append(label("pid", number: process.rawValue)) }
        if let id = thread.thread { labels.append(label("thread_id", number: id.rawValue)) }
        labels.append(label("thread_comm", text: thread.name))
        labels.append(label("comm", text: thread.processName))
        return labels
    }

    private mutating func label(_ key: String, number: Int32) -> PprofLabel {
        PprofLabel.with {
            $0.key = index(key)
            $0.num = Int64(number)
        }
    }

    private mutating func label(_ key: String, text: String) -> PprofLabel {
        PprofLabel.with {
            $0.key = index(key)
            $0.str = index(text)
        }
    }

    private mutating func valueType(_ type: SampleType) -> PprofValueType {
        PprofValueType.with {
            $0.type = index(type.name)
            $0.unit = index(type.unit.name)
        }
    }

    private mutating func index(_ text: String) -> Int64 {
        Int64(strings.index(adding: Spelling(text)).position)
    }
}
