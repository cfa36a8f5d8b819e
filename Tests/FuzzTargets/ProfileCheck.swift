import ProfileFormats
import ProfileModel
import Profiles

/// What holds for any profile, whatever its names and numbers: it can be written in every format, and what was written is
/// read again; its parts add up; it doesn't differ from itself.
struct ProfileCheck {
    let profile: Profile
    /// The sum of the absolute values of each type, which no other sum exceeds.
    private let isSummable: Bool

    init(_ profile: Profile) {
        self.profile = profile
        isSummable = profile.sampleTypes.indices.allSatisfy { index in
            profile.samples.reduce(0.0) { $0 + abs(Double($1.values[$1.values.startIndex + index])) } < 4e18
        }
    }

    /// What can be checked apart from all else.
    enum Step {
        case folded
        case pprof
        case speedscope
        case perf
        case json
        case texts(columns: Int)
        case part(Part)
        case comparison(ProfileComparison.Measure)
        case foldedDifference
        case picture(Picture)

        fileprivate static let all =
            [.folded, .pprof, .speedscope, .perf, .json, .texts(columns: 20), .texts(columns: 100), .foldedDifference]
            + Part.allCases.map(part) + ProfileComparison.Measure.allCases.map(comparison) + Picture.all.map(picture)
    }

    /// Takes all steps.
    func run() {
        for step in Step.all { take(step) }
    }

    /// Takes one of the steps: together they take a hundred times as long as reading a small profile.
    ///
    /// - Parameter choice: any number; equal ones choose the same step.
    func run(choosing choice: UInt64) { take(Step.all[Int(choice % UInt64(Step.all.count))]) }

    private func take(_ step: Step) {
        switch step {
        case .folded: checkFolded()
        case .pprof: checkPprof()
        case .speedscope: _ = Self.read(SpeedscopeFile(profile).bytes)
        case .perf: checkPerf()
        case .json: checkJSON()
        case .texts(let columns): checkTexts(columns: columns)
        case .part(let part): check(part)
        case .comparison(let measure): checkComparison(by: measure)
        case .foldedDifference: checkFoldedDifference()
        case .picture(let picture): check(picture)
        }
    }

    private static func read(_ file: [UInt8]) -> Profile {
        do {
            return try ProfileReader().profile(reading: file)
        } catch {
            preconditionFailure("what was written is not read: \(error)")
        }
    }

    private func checkFolded() {
        let folded = Grouping.allCases.map { FoldedStacks(profile, grouping: $0) }
        for stacks in folded where !stacks.lines.isEmpty {
            let again = Self.read(Array(stacks.text.utf8))
            precondition(!isSummable || again.total(of: .samples) == stacks.total)
        }
        precondition(!isSummable || Set(folded.map(\.total)).count == 1)
    }

    private func checkPprof() {
        guard let pprof = PprofFile(profile)?.bytes else { preconditionFailure("there is no memory") }
        guard !profile.isEmpty else { return }
        let again = Self.read(pprof)
        precondition(again.sampleTypes == profile.sampleTypes && again.totals == profile.totals)
    }

    /// perf's text has an event for each sample, and is empty without one.
    private func checkPerf() {
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

    private func checkTexts(columns: Int) {
        let texts = [
            TopTable(profile, limit: 20).text(columns: columns),
            CallTreeText(profile, minimum: 0.01).text(columns: columns),
        ]
        for text in texts {
            precondition(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0 != "\u{7f}" })
        }
    }

    private func check(_ part: Part) {
        let rest = self.part(part)
        _ = CallTreeText(rest, minimum: 0).text(columns: 80)
        _ = Self.read(ProfileJSON(rest).bytes)
        guard isSummable else { return }
        switch part {
        case .focused, .ofThreads: break
        case .ignored: precondition(zip(self.part(.focused).totals, rest.totals).map(+) == profile.totals)
        case .hidden, .byLine, .ofPython, .withFoldedImports: precondition(rest.totals == profile.totals)
        case .trimmed, .callers: precondition(rest.totals == self.part(.focused).totals)
        }
    }

    /// What is left of a profile of which a filter names functions, or threads, that are named by an even number of bytes.
    enum Part: CaseIterable {
        case focused
        case ignored
        case hidden
        case trimmed
        case byLine
        case ofThreads
        case callers
        case ofPython
        case withFoldedImports
    }

    func part(_ part: Part) -> Profile {
        var filter = ProfileFilter()
        switch part {
        case .focused: filter.focus = Self.test
        case .ignored: filter.ignore = Self.test
        case .hidden: filter.hide = Self.test
        case .trimmed: filter.trim = Self.test
        case .byLine: filter.splitsLines = true
        case .ofThreads: filter.threads = { Self.test($0.name) }
        case .callers: return profile.callers(of: Self.test)
        case .ofPython: filter.keepsPythonOnly = true
        case .withFoldedImports: filter.foldsImports = true
        }
        return filtered(by: filter)
    }

    private static let test: ProfileFilter.NameTest = { $0.utf8.count.isMultiple(of: 2) }

    private func filtered(by filter: ProfileFilter) -> Profile {
        do {
            return try filter.apply(to: profile)
        } catch {
            preconditionFailure("no time is cut out: \(error)")
        }
    }

    private func checkComparison(by measure: ProfileComparison.Measure) {
        guard let comparison = comparison(by: measure) else { return }
        precondition(comparison.functions.allSatisfy { $0.verdict == .chance })
        precondition(comparison.tree.verdicts.isSubset(of: [.chance]))
        _ = ComparisonTable(comparison, limit: nil, showsChance: true).text(columns: 80)
    }

    private func checkFoldedDifference() {
        let difference = DifferentialFoldedStacks(before: profile, after: profile, grouping: .process)
        precondition(difference.lines.allSatisfy { $0.before == $0.after })
    }

    /// With itself; `nil` for a profile that can't be compared.
    func comparison(by measure: ProfileComparison.Measure) -> ProfileComparison? {
        try? ProfileComparison(profile, profile, measure: measure)
    }
}

extension Profile {
    /// Of each type of value.
    fileprivate var totals: [Int64] { sampleTypes.map { total(of: $0) ?? 0 } }
}

extension FoldedStacks {
    fileprivate var total: Int64 { lines.reduce(0) { $0 + Int64(clamping: $1.count) } }
}
