import Foundation
import FoundationXML
import ProfileFormats
import ProfileModel
import Profiles

/// What holds for any profile, whatever its names and numbers: it can be written in every format, and what was written is
/// read again; its parts add up; it doesn't differ from itself.
struct ProfileCheck {
    private let profile: Profile
    /// The sum of the absolute values of each type, which no other sum exceeds.
    private let isSummable: Bool

    init(_ profile: Profile) {
        self.profile = profile
        isSummable = profile.sampleTypes.indices.allSatisfy { index in
            profile.samples.reduce(0.0) { $0 + abs(Double($1.values[$1.values.startIndex + index])) } < 4e18
        }
    }

    func run() {
        checkFiles()
        checkJSON()
        checkTexts()
        checkPictures(of: profile)
        checkFilters()
        checkComparison()
    }

    private static func read(_ file: [UInt8]) -> Profile {
        do {
            return try ProfileReader().profile(reading: file)
        } catch {
            preconditionFailure("what was written is not read: \(error)")
        }
    }

    private func checkFiles() {
        let folded = Grouping.allCases.map { FoldedStacks(profile, grouping: $0) }
        for stacks in folded where !stacks.lines.isEmpty {
            let again = Self.read(Array(stacks.text.utf8))
            precondition(!isSummable || again.total(of: .samples) == stacks.total)
        }
        precondition(!isSummable || Set(folded.map(\.total)).count == 1)
        guard let pprof = PprofFile(profile)?.bytes else { preconditionFailure("there is no memory") }
        if !profile.isEmpty {
            let again = Self.read(pprof)
            precondition(again.sampleTypes == profile.sampleTypes && again.totals == profile.totals)
        }
        _ = Self.read(SpeedscopeFile(profile).bytes)
        // perf's text has an event for each sample, and is empty without one.
        guard isSummable, profile.totals.allSatisfy({ $0 < 1_000 }) else { return }
        let perf = PerfScript(profile).bytes
        if !perf.isEmpty { _ = Self.read(perf) }
    }

    private func checkJSON() {
        let first = ProfileJSON(profile).bytes
        let again = Self.read(first)
        precondition(again.sampleTypes == profile.sampleTypes && again.totals == profile.totals)
        let second = ProfileJSON(again).bytes
        precondition(ProfileJSON(Self.read(second)).bytes == second)
    }

    private func checkTexts() {
        for columns in [20, 100] {
            let texts = [
                TopTable(profile, limit: 20).text(columns: columns),
                CallTreeText(profile, minimum: 0.01).text(columns: columns),
            ]
            for text in texts {
                precondition(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0 != "\u{7f}" })
            }
        }
    }

    private func checkPictures(of profile: Profile) {
        let views = [
            FlameGraph.View(), FlameGraph.View(orientation: .icicles, isInverted: true, order: .weight),
            FlameGraph.View(omitsIdleWaits: true), FlameGraph.View(colours: .object),
            FlameGraph.View(colours: .thread),
            FlameGraph.View(isInverted: true, omitsIdleWaits: true, colours: .thread),
        ]
        for view in views {
            let graph = FlameGraph(profile, grouping: .thread, view: view)
            Self.checkXML(Self.rendered { () throws(RenderingError) in try graph.svg })
        }
        for colours in FlameGraph.Colours.allCases { checkNames(in: Self.page(of: profile, colours)) }
    }

    private func checkNames(in page: String) {
        let names = profile.threads.indices.map { profile.thread(at: $0).processName } + [profile.metadata.command]
        for name in Set(names) where name.contains("<") && !Self.ownMarkup.contains(name) {
            precondition(!page.contains(name), "a name is markup")
        }
    }

    private static func checkXML(_ svg: String) {
        let parser = XMLParser(data: Data(svg.utf8))
        precondition(parser.parse(), "the SVG is not well-formed in line \(parser.lineNumber)")
    }

    /// Markup that is the pages' own.
    private static let ownMarkup: String = {
        let metadata = ProfileMetadata(
            command: "x", processes: [], rateHertz: 1, startNanoseconds: 0, durationNanoseconds: 1)
        let thread = ProfiledThread(process: nil, thread: nil, name: "x", processName: "x")
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples], shown: .samples)
        builder.add(stack: [], thread: thread, values: [1])
        let profile = builder.finish()
        guard let comparison = try? ProfileComparison(profile, profile) else {
            preconditionFailure("one sample can't be compared")
        }
        return page(of: profile, .kind) + page(of: comparison)
    }()

    private static func page(of profile: Profile, _ colours: FlameGraph.Colours) -> String {
        text { () throws(RenderingError) in
            try HTMLPage(profile, grouping: .process, view: FlameGraph.View(colours: colours)).bytes
        }
    }

    private static func page(of comparison: ProfileComparison) -> String {
        text { () throws(RenderingError) in try DifferentialPage(comparison).bytes }
    }

    private static func text(_ bytes: () throws(RenderingError) -> [UInt8]) -> String {
        String(decoding: rendered(bytes), as: UTF8.self)
    }

    private static func rendered<Result>(_ body: () throws(RenderingError) -> Result) -> Result {
        do { return try body() } catch { preconditionFailure("not rendered: \(error)") }
    }

    /// A test that some names pass, whatever they are.
    private static let test: ProfileFilter.NameTest = { $0.utf8.count.isMultiple(of: 2) }

    private func checkFilters() {
        let parts = ([\.focus, \.ignore, \.hide, \.trim] as [WritableKeyPath<ProfileFilter, ProfileFilter.NameTest?>])
            .map { path in
                var filter = ProfileFilter()
                filter[keyPath: path] = Self.test
                return filtered(by: filter)
            }
        var lines = ProfileFilter()
        lines.splitsLines = true
        var threads = ProfileFilter()
        threads.threads = { $0.name.utf8.count.isMultiple(of: 2) }
        let others = [filtered(by: lines), filtered(by: threads), profile.callers(of: Self.test)]
        for part in parts + others {
            _ = Self.rendered { () throws(RenderingError) in try FlameGraph(part, grouping: .process).svg }
            _ = CallTreeText(part, minimum: 0).text(columns: 80)
            _ = Self.read(ProfileJSON(part).bytes)
        }
        guard isSummable else { return }
        let (focused, ignored, hidden, trimmed) = (parts[0], parts[1], parts[2], parts[3])
        precondition(zip(focused.totals, ignored.totals).map(+) == profile.totals)
        precondition(hidden.totals == profile.totals && filtered(by: lines).totals == profile.totals)
        precondition(trimmed.totals == focused.totals && others[2].totals == focused.totals)
    }

    private func filtered(by filter: ProfileFilter) -> Profile {
        do {
            return try filter.apply(to: profile)
        } catch {
            preconditionFailure("no time is cut out: \(error)")
        }
    }

    private func checkComparison() {
        for measure in ProfileComparison.Measure.allCases {
            guard let comparison = try? ProfileComparison(profile, profile, measure: measure) else { continue }
            precondition(comparison.functions.allSatisfy { $0.verdict == .chance })
            precondition(comparison.tree.verdicts.isSubset(of: [.chance]))
            Self.checkXML(
                Self.rendered { () throws(RenderingError) in try DifferentialFlameGraph(comparison).svg })
            checkNames(in: Self.page(of: comparison))
            _ = ComparisonTable(comparison, limit: nil, showsChance: true).text(columns: 80)
        }
        let difference = DifferentialFoldedStacks(before: profile, after: profile, grouping: .process)
        precondition(difference.lines.allSatisfy { $0.before == $0.after })
    }
}

extension Profile {
    /// Of each type of value.
    fileprivate var totals: [Int64] { sampleTypes.map { total(of: $0) ?? 0 } }
}

extension FoldedStacks {
    fileprivate var total: Int64 { lines.reduce(0) { $0 + Int64(clamping: $1.count) } }
}
