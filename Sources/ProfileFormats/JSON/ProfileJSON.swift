import ProfileModel
package import Profiles

/// A profile as JSON of Sonde's own, which holds everything of it: docs/profile-json.md describes it.
package struct ProfileJSON {
    /// Of the description that files follow.
    static let schema: Int64 = 1

    private let profile: Profile

    package init(_ profile: Profile) { self.profile = profile }

    /// The file, as UTF-8.
    package var bytes: [UInt8] {
        var json = JSONBytes()
        json.object(header + tables, separator: "\n")
        json.append("\n")
        return json.bytes
    }

    private typealias Member = (name: String, write: (inout JSONBytes) -> Void)

    private var header: [Member] {
        let metadata = profile.metadata
        return [
            ("schema", { $0.number(Self.schema) }), ("version", { $0.string(Version.text) }),
            ("command", { $0.string(metadata.command) }),
            ("processes", { $0.array(metadata.processes) { $0.number($1.rawValue) } }),
            ("rate_hertz", { $0.number(metadata.rateHertz) }),
            ("start_nanoseconds", { $0.number(metadata.startNanoseconds) }),
            ("duration_nanoseconds", { $0.number(metadata.durationNanoseconds) }),
            ("comments", { $0.array(metadata.comments) { $0.string($1) } }), ("counts", writeCounts),
        ]
    }

    private func writeCounts(_ json: inout JSONBytes) {
        guard let counts = profile.metadata.counts else { return json.null() }
        json.object([
            ("samples", { $0.number(counts.samples) }),
            ("recorded_samples", { $0.number(counts.recordedSamples) }),
            ("late_ticks", { $0.number(counts.lateTicks) }),
            ("missed_ticks", { $0.number(counts.missedTicks) }), ("truncated", { Self.write(counts.truncated, &$0) }),
            ("lost", { Self.write(counts.lost, &$0) }), ("unnamed_frames", { $0.number(counts.unnamedFrames) }),
            ("unnamed_frames_by_object", { Self.write(counts.unnamedFramesByObject, &$0) }),
        ])
    }

    private static func write(_ counts: [String: UInt64], _ json: inout JSONBytes) {
        json.object(
            counts.sorted { Spelling($0.key) < Spelling($1.key) }.map { label, count in
                (label, { $0.number(count) })
            })
    }

    private var tables: [Member] {
        [
            ("sample_types", writeTypes), ("shown_type", { $0.number(profile.shownType) }),
            ("strings", { $0.array(profile.strings.rows) { $0.string($1.text) } }),
            ("mappings", writeMappings), ("functions", writeFunctions), ("locations", writeLocations),
            ("stacks", writeStacks), ("threads", writeThreads), ("samples", writeSamples),
        ]
    }

    private func writeTypes(_ json: inout JSONBytes) {
        json.array(profile.sampleTypes) { json, type in
            json.object([("name", { $0.string(type.name) }), ("unit", { $0.string(type.unit.name) })])
        }
    }

    private func writeMappings(_ json: inout JSONBytes) {
        json.array(profile.mappings.rows) { json, row in
            json.row([
                { $0.number(row.path.position) }, { $0.string(row.buildID?.description) },
                { $0.string(row.segment?.start.description) }, { $0.string(row.segment?.limit.description) },
                { $0.string(row.segment.map { hexadecimal($0.fileOffset) }) },
            ])
        }
    }

    private func writeFunctions(_ json: inout JSONBytes) {
        json.array(profile.functions.rows) { json, row in
            json.row([
                { $0.number(row.name.position) }, { $0.number(row.systemName?.position) },
                { $0.string(row.kind.rawValue) }, { $0.number(row.file?.position) }, { $0.number(row.startLine) },
            ])
        }
    }

    private func writeLocations(_ json: inout JSONBytes) {
        json.array(profile.locations.rows) { json, row in
            let lines = row.lines.flatMap { [$0.function.position, $0.number] }
            json.row([
                { $0.string(row.position.place) }, { $0.number(row.position.mapping?.position) },
                { $0.string(row.position.number.map(hexadecimal)) }, { $0.array(lines) { $0.number($1) } },
            ])
        }
    }

    private func writeStacks(_ json: inout JSONBytes) {
        json.array(profile.stacks.rows) { json, row in
            json.row([{ $0.number(row.caller?.position) }, { $0.number(row.location.position) }])
        }
    }

    private func writeThreads(_ json: inout JSONBytes) {
        json.array(profile.threads.rows) { json, row in
            json.row([
                { $0.number(row.process?.rawValue) }, { $0.number(row.thread?.rawValue) },
                { $0.number(row.name.position) }, { $0.number(row.processName.position) },
            ])
        }
    }

    private func writeSamples(_ json: inout JSONBytes) {
        json.array(profile.samples) { json, sample in
            json.row([
                { $0.number(sample.stack?.position) }, { $0.number(sample.thread.position) },
                { $0.number(sample.truncation?.position) }, { $0.array(sample.values) { $0.number($1) } },
                { json in json.array(RunNumbers(sample.runs).numbers) { $0.number($1) } },
            ])
        }
    }
}

/// The runs of a sample as three numbers each: how long after the start of the run before, how long, how many samples.
private struct RunNumbers {
    private(set) var numbers: [Int64] = []

    init(_ runs: SampleRuns) {
        var previous: UInt64 = 0
        runs.forEach { run in
            // Both wrap above 2⁶³, as reading does.
            numbers.append(Int64(bitPattern: run.start &- previous))
            numbers.append(Int64(bitPattern: run.end &- run.start))
            numbers.append(Int64(clamping: run.count))
            previous = run.start
        }
    }
}

extension JSONBytes {
    /// An array of different things.
    fileprivate mutating func row(_ fields: [(inout JSONBytes) -> Void]) {
        array(fields) { $1(&$0) }
    }
}

extension Profile.Position {
    /// As JSON names what an address is in.
    fileprivate var place: String {
        switch self {
        case .object: "object"
        case .kernel: "kernel"
        case .process: "process"
        case .unknown: "unknown"
        }
    }
}
