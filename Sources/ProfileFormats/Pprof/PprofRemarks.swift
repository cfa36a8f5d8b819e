import ProfileModel
import Profiles

/// What pprof's messages have no field for, as comments of a file: `pprof -comments` prints them.
///
///     sonde 0.1.0
///     command: redis-server
///     processes: 812
///     rate: 99
///     samples: 3102
///     lost queue_full: 2
enum PprofRemarks {
    private static let producer = "sonde "

    static func comments(_ metadata: ProfileMetadata) -> [String] {
        var remarks = [producer + Version.text, "command: \(metadata.command)"]
        if !metadata.processes.isEmpty {
            remarks.append("processes: " + metadata.processes.map(String.init(describing:)).joined(separator: " "))
        }
        if let rate = metadata.rateHertz { remarks.append("rate: \(rate)") }
        guard let counts = metadata.counts else { return remarks + metadata.comments }
        remarks.append("samples: \(counts.samples)")
        if let recorded = counts.recordedSamples { remarks.append("recorded_samples: \(recorded)") }
        for (name, path) in numbers where counts[keyPath: path] > 0 {
            remarks.append("\(name): \(counts[keyPath: path])")
        }
        for (name, path) in numbersByLabel {
            for (label, count) in counts[keyPath: path].sorted(by: { $0.key < $1.key }) {
                remarks.append("\(name) \(label): \(count)")
            }
        }
        return remarks + metadata.comments
    }

    /// Adds what comments say; without Sonde's first one they are another producer's, and stay as they are.
    static func read(_ comments: [String], into metadata: inout ProfileMetadata) {
        guard comments.first?.hasPrefix(producer) == true else {
            metadata.comments = comments
            return
        }
        for comment in comments.dropFirst() where !read(comment, into: &metadata) { metadata.comments.append(comment) }
    }

    /// Numbers that are omitted where they are 0.
    private static let numbers: [(String, any WritableKeyPath<SampleCounts, UInt64> & Sendable)] = [
        ("late_ticks", \.lateTicks), ("missed_ticks", \.missedTicks), ("unnamed_frames", \.unnamedFrames),
    ]

    private static let numbersByLabel: [(String, any WritableKeyPath<SampleCounts, [String: UInt64]> & Sendable)] = [
        ("truncated", \.truncated), ("lost", \.lost), ("unnamed_frames", \.unnamedFramesByObject),
    ]

    private static func read(_ comment: String, into metadata: inout ProfileMetadata) -> Bool {
        let commandStart = "command: "
        if comment.hasPrefix(commandStart) {
            metadata.command = String(comment.dropFirst(commandStart.count))
            return true
        }
        let bytes = Array(comment.utf8)[...]
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { return false }
        let (name, value) = (bytes[..<colon].text, bytes[(colon + 1)...].trimmed)
        if name == "processes" {
            let numbers = value.split(separator: UInt8(ascii: " ")).map { $0.decimal.flatMap { Int32(exactly: $0) } }
            guard !numbers.contains(nil) else { return false }
            metadata.processes = numbers.compactMap { $0.map(ProcessID.init) }.sorted()
            return true
        }
        guard let number = UInt64(value.text) else { return false }
        return read(number, named: name, into: &metadata)
    }

    private static func read(_ number: UInt64, named name: String, into metadata: inout ProfileMetadata) -> Bool {
        if name == "rate" {
            metadata.rateHertz = Int(clamping: number)
            return true
        }
        var counts = metadata.counts ?? SampleCounts()
        guard read(number, named: name, into: &counts) else { return false }
        metadata.counts = counts
        return true
    }

    private static func read(_ number: UInt64, named name: String, into counts: inout SampleCounts) -> Bool {
        if name == "samples" {
            counts.samples = number
        } else if name == "recorded_samples" {
            counts.recordedSamples = number
        } else if let (_, path) = numbers.first(where: { $0.0 == name }) {
            counts[keyPath: path] = number
        } else if let (start, path) = numbersByLabel.first(where: { name.hasPrefix($0.0 + " ") }) {
            counts[keyPath: path][String(name.dropFirst(start.count + 1))] = number
        } else {
            return false
        }
        return true
    }
}
