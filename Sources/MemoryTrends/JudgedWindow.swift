/// One window's floors and their verdict, next to those of other windows.
struct JudgedWindow {
    private(set) var judgement: WindowJudgement
    /// Whether the process has been seen for about the whole window.
    let isFilled: Bool
    /// Seconds of the whole window, however much of it has been seen.
    private let length: Double
    private let floors: BlockFloors

    /// - Parameter latest: of the window's earlier judgements; used again while the floors are the same.
    init?(
        _ window: FloorWindow, startOfLife: Double?, _ criteria: LeakCriteria, reusing latest: inout LatestJudgement?
    ) {
        let skip = max(criteria.startSkip, criteria.startShare * window.window)
        guard let floors = window.floors(since: startOfLife.map { $0 + skip }) else { return nil }
        let missing = floors.values.prefix { $0 == nil }.count
        isFilled = missing <= floors.values.count / 8
        self.floors = floors
        length = window.window
        if let latest, latest.isOf(floors) {
            judgement = latest.judgement
        } else {
            judgement = WindowJudge(criteria: criteria).judgement(of: floors)
            latest = LatestJudgement(
                judgement: judgement, lastBlock: floors.lastBlock, lastFloor: floors.values.last ?? nil)
        }
        let isYoung = startOfLife.map { start in (window.firstSeconds ?? start) < start + skip } ?? false
        if missing > 0, isYoung { judgement.findings.append(.warmUp) }
    }

    /// The verdict of all windows together, the shortest first: the highest level that no longer window overrules.
    ///
    /// When none is filled, the shortest is judged over what there is, which gives a warning at most.
    ///
    /// - Parameter suffices: whether a window of so many seconds, with its judgement, is long enough for more than a warning.
    static func combined(
        _ windows: [JudgedWindow], suffices: (Double, WindowJudgement) -> Bool
    ) -> WindowJudgement? {
        var best: WindowJudgement?
        for (index, window) in windows.enumerated() where window.isFilled {
            var judgement = window.judgement
            if judgement.level > .warning, !suffices(window.length, judgement) {
                judgement.level = .warning
                judgement.findings.append(.unproven)
            }
            if judgement.level > .none, windows[(index + 1)...].contains(where: { $0.overrules(window) }) {
                judgement.level = .none
                judgement.findings = [.overruled]
            }
            if best.map(judgement.takesPrecedence(over:)) ?? true { best = judgement }
        }
        if let best { return best }
        guard var judgement = windows.first?.judgement else { return nil }
        judgement.level = min(judgement.level, .warning)
        if !judgement.findings.contains(.tooFewReadings) { judgement.findings.append(.tooShort) }
        return judgement
    }

    /// Whether what looks like a leak in a shorter window is none in this one.
    ///
    /// That is so when the floor was as high before, as in a cycle; when it rose half as much before and fell again; or when
    /// growth over this window slows down, as when a cache fills up. A window counts from twice the length of the shorter
    /// one on, even if it isn't filled yet.
    private func overrules(_ shorter: JudgedWindow) -> Bool {
        guard judgement.level < .suspected else { return false }
        let recent = max(1, Int((shorter.judgement.window / floors.blockLength).rounded(.up)))
        let earlier = floors.trimmed.values.dropLast(recent).compactMap { $0 }
        guard earlier.count >= max(3, recent), let now = shorter.latestFloor else { return false }
        if judgement.bend < Self.slowing { return true }
        // Not the very highest: one burst is no level.
        let level = earlier.sorted(by: >)[min(2, earlier.count - 1)]
        return level > now - 0.1 * shorter.judgement.growth
            || Self.largestLostRise(in: floors.trimmed.values.compactMap { $0 }, over: recent)
                > Self.usual * shorter.judgement.growth
    }

    /// The largest rise over so many blocks of which later at least half was lost again.
    private static func largestLostRise(in floors: [Double], over span: Int) -> Double {
        var (largest, lowest) = (0.0, Double.infinity)
        for end in floors.indices.reversed() where end >= span {
            let rise = floors[end] - floors[end - span]
            if lowest <= floors[end] - 0.5 * rise { largest = max(largest, rise) }
            lowest = min(lowest, floors[end])
        }
        return largest
    }

    /// A bend of this many standard errors downwards.
    private static let slowing = -4.0
    /// The share of a shorter window's growth that makes an earlier rise its like.
    private static let usual = 0.5

    private var latestFloor: Double? { floors.values.suffix(4).compactMap { $0 }.min() }
}

/// The judgement of a window that was made last, and of which floors.
struct LatestJudgement: Sendable {
    let judgement: WindowJudgement
    fileprivate let lastBlock: Int
    fileprivate let lastFloor: Double?

    /// Whether floors are the same as then: they change when a block comes to its end, or when the latest has a lower reading.
    fileprivate func isOf(_ floors: BlockFloors) -> Bool {
        lastBlock == floors.lastBlock && lastFloor == floors.values.last ?? nil
    }
}
