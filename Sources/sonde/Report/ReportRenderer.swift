import HostWatch
import ProfileFormats
import ProfileModel
import Profiles
import SystemSupport

/// Makes of a profile's file what `sonde report` was asked for; runs without privileges.
struct ReportRenderer {
    private let request: ReportRequest

    init(_ request: ReportRequest) { self.request = request }

    /// The bytes to write.
    func result(of file: [UInt8]) throws(ConfinedTask.Refusal) -> [UInt8] {
        do {
            let whole = try ProfileReader().profile(reading: file)
            let awake = request.selection.omitsIdleWaits ? whole.withoutIdleWaits() : whole
            let profile = try request.selection.filter().apply(to: awake)
            guard !profile.isEmpty else { throw ConfinedTask.Refusal(message: nothingLeft(of: whole)) }
            return try rendered(profile)
        } catch let error as ConfinedTask.Refusal {
            throw error
        } catch {
            throw ConfinedTask.Refusal(message: "\(request.name): \(error)")
        }
    }

    private func nothingLeft(of profile: Profile) -> String {
        let selection = request.selection
        var lines = ["no sample is left"]
        if selection.from != nil || selection.to != nil {
            let seconds = Double(profile.metadata.durationNanoseconds ?? 0) / 1e9
            let length = NumberText.decimal(seconds, digits: 1)
            lines.append("  --from and --to count from the start; the recording has \(length) s.")
        }
        if !selection.threads.isEmpty {
            let names = profile.threads.indices.prefix(Self.namedThreads)
                .map { Grouping.thread.rowName(for: profile.thread(at: $0)) }
            let more = profile.threads.count > names.count ? ", …" : ""
            lines.append("  --thread is searched for in \(names.joined(separator: ", "))\(more).")
        }
        if selection.omitsIdleWaits { lines.append("  --no-idle omits stacks in idle waits.") }
        if selection.hasPatterns {
            lines.append("  Patterns are searched for in function names; sonde report FILE --top lists them.")
        }
        return lines.joined(separator: "\n")
    }

    /// How many threads a message lists.
    private static let namedThreads = 5

    private func rendered(_ profile: Profile) throws -> [UInt8] {
        switch request.view {
        case .table(let limit): return text(TopTable(profile, limit: limit).text(columns: request.columns))
        case .json(let limit):
            let metadata = profile.metadata
            let process = metadata.processes.count == 1 ? metadata.processes.first : nil
            let start = metadata.startNanoseconds.map(UTCTimestamp.init(nanosecondsSince1970:))
            let document = JSONDocument(
                .report, about: process.map(DescribedProcess.init(recorded:)), start: start, warnings: [],
                ReportDocument(profile, limit: limit))
            return text(try JSONText.of(document))
        case .tree(let minimum): return tree(profile, minimum)
        case .callers(let pattern, let minimum):
            return tree(try matched(profile.callers(of: try test(pattern)), pattern), minimum)
        case .callees(let pattern, let minimum):
            var filter = ProfileFilter()
            filter.trim = try test(pattern)
            return tree(try matched(try filter.apply(to: profile), pattern), minimum)
        case .file(let name, let style):
            guard let format = ProfileFormat(rawValue: name) else {
                throw ConfinedTask.Refusal(message: "\(name) is no format")
            }
            return try ProfileRendering(format, style).bytes(of: profile)
        }
    }

    private func test(_ pattern: String) throws(PatternError) -> ProfileFilter.NameTest {
        guard let patterns = try NamePatterns([pattern]) else { return { _ in true } }
        return patterns.test
    }

    private func matched(_ profile: Profile, _ pattern: String) throws(ConfinedTask.Refusal) -> Profile {
        guard profile.isEmpty else { return profile }
        throw ConfinedTask.Refusal(
            message: """
                no stack has a function that matches \(printable(pattern, limit: 200))
                  sonde report FILE --top lists the functions.
                """)
    }

    private func tree(_ profile: Profile, _ minimum: Double) -> [UInt8] {
        text(CallTreeText(profile, minimum: minimum).text(columns: request.columns))
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }
}
