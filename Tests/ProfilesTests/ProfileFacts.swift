import ProfileModel
import Profiles

/// What a profile says, sample by sample, as far as a format holds it.
struct ProfileFacts: Equatable, CustomStringConvertible {
    /// What formats differ in.
    struct Detail: OptionSet {
        let rawValue: Int

        static let addresses = Detail(rawValue: 1)
        static let mappings = Detail(rawValue: 2)
        static let lines = Detail(rawValue: 4)
        static let linkerNames = Detail(rawValue: 8)
        static let functionLines = Detail(rawValue: 16)
        static let inlines = Detail(rawValue: 32)
        static let times = Detail(rawValue: 64)
        static let types = Detail(rawValue: 128)

        static let all: Detail = [
            .addresses, .mappings, .lines, .linkerNames, .functionLines, .inlines, .times, .types,
        ]
    }

    private var values: [String: [Int64]] = [:]

    /// - Parameter types: the types of the values that count; all where it's `nil`.
    init(_ profile: Profile, _ detail: Detail, types: [Int]? = nil) {
        for sample in profile.samples {
            let row = Self.text(of: sample, in: profile, detail)
            let start = sample.values.startIndex
            let chosen = types.map { $0.map { sample.values[start + $0] } } ?? Array(sample.values)
            values[row] = values[row].map { zip($0, chosen).map(+) } ?? chosen
        }
        if detail.contains(.types) { values["\(profile.sampleTypes) \(profile.shownSampleType)"] = [] }
    }

    var description: String { values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined() }

    private static func text(of sample: Profile.Sample, in profile: Profile, _ detail: Detail) -> String {
        var frames: [String] = []
        var cursor = sample.stack
        while let stack = cursor {
            frames.append(text(of: profile.locations[profile.stacks[stack].location], in: profile, detail))
            cursor = profile.stacks[stack].caller
        }
        let thread = profile.thread(at: sample.thread)
        var parts = [
            "\(thread.processName)|\(thread.name)|\(thread.process?.rawValue ?? -1)/\(thread.thread?.rawValue ?? -1)",
            sample.truncation.map { profile[text: $0] } ?? "whole", frames.joined(separator: " <- "),
        ]
        if detail.contains(.times) {
            let start = profile.metadata.startNanoseconds ?? 0
            let runs = sample.runs.all.map { "\(start + $0.start)-\(start + $0.end)x\($0.count)" }
            parts.append(runs.joined(separator: ","))
        }
        return parts.joined(separator: " | ")
    }

    private static func text(of location: Profile.Location, in profile: Profile, _ detail: Detail) -> String {
        let lines = location.lines.map { line in
            let function = profile.functions[line.function]
            var text = "\(profile[text: function.name]):\(function.kind)"
            if detail.contains(.linkerNames) { text += " \(function.systemName.map { profile[text: $0] } ?? "-")" }
            if detail.contains(.lines) {
                text += " \(function.file.map { profile[text: $0] } ?? "-"):\(line.number ?? 0)"
            }
            if detail.contains(.functionLines) { text += " \(function.startLine ?? 0)" }
            return text
        }
        var text = lines.joined(separator: detail.contains(.inlines) ? " in " : " <- ")
        switch location.position {
        case .object(let mapping, let address):
            if detail.contains(.addresses) { text += " at \(address)" }
            if detail.contains(.mappings) { text += " of \(self.text(of: profile.mappings[mapping], in: profile))" }
        case .kernel(let mapping, let address):
            if detail.contains(.addresses) { text += " at kernel \(address)" }
            if detail.contains(.mappings) { text += " of \(self.text(of: profile.mappings[mapping], in: profile))" }
        case .process(let address): if detail.contains(.addresses) { text += " at process \(address)" }
        case .unknown: break
        }
        return text
    }

    private static func text(of mapping: Profile.Mapping, in profile: Profile) -> String {
        let segment = mapping.segment.map { "\($0.start)-\($0.limit)@\($0.fileOffset)" } ?? "-"
        return "\(profile[text: mapping.path]) \(mapping.buildID?.description ?? "-") \(segment)"
    }
}
