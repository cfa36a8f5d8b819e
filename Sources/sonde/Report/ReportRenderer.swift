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
            let profile = try request.selection.filter().apply(to: try ProfileReader().profile(reading: file))
            guard !profile.isEmpty else { throw ConfinedTask.Refusal(message: Self.nothingLeft) }
            return try rendered(profile)
        } catch let error as ConfinedTask.Refusal {
            throw error
        } catch {
            throw ConfinedTask.Refusal(message: "\(request.name): \(error)")
        }
    }

    private static let nothingLeft = """
        no sample is left
          Patterns are searched for in function names; sonde report FILE --top lists them.
        """

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
        case .callers(let pattern, let minimum): return tree(profile.callers(of: try test(pattern)), minimum)
        case .callees(let pattern, let minimum):
            var filter = ProfileFilter()
            filter.trim = try test(pattern)
            return tree(try filter.apply(to: profile), minimum)
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

    private func tree(_ profile: Profile, _ minimum: Double) -> [UInt8] {
        guard !profile.isEmpty else { return text("no stack has a function that matches\n") }
        return text(CallTreeText(profile, minimum: minimum).text(columns: request.columns))
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }
}
