/// What it takes to call growth a leak.
///
/// The figures were tuned on the families of `Tests/TrendFamilies`, and are judged on others.
package struct LeakCriteria: Sendable, Equatable {
    /// Seconds of the windows that are judged, the shortest first.
    package var windows: [Double] = [3_600, 6 * 3_600, 72 * 3_600]
    /// Seconds at the start of a process's life that aren't judged, at least.
    package var startSkip = 300.0
    /// The same as a share of the window.
    package var startShare = 1.0 / 12
    /// Bytes of growth over a window below which the verdict is `none`.
    package var smallestGrowth = 1_048_576.0
    /// The same as a share of the median floor.
    package var smallestShare = 0.01

    /// How long a window has to be for more than a warning, as a share of the time that is left to the limit; 0: any.
    ///
    /// The more time is left, the longer it is possible to wait for evidence that is better.
    package var shareOfTimeLeft = 0.0
    /// Seconds of a window that always suffices for that.
    package var sufficientWindow = 36 * 3_600.0

    /// The most opposing evidence at each level, in natural log-odds: see `OpposingEvidence`.
    package var confirmedLimit = 7.5
    package var suspectedLimit = 9.3
    package var warningLimit = 11.0

    /// Readings in a window below which there is no verdict.
    package static let fewestReadings = 24

    package static let standard = LeakCriteria()

    package init() {}

    /// Criteria for other windows, with the skip at the start of life scaled with the shortest.
    package init(windows: [Double]) {
        self.windows = windows.filter { $0.isFinite && $0 > 0 }.sorted()
        startSkip = min(startSkip, (self.windows.first ?? 0) / 12)
    }

    /// Whether a window is long enough for more than a warning.
    func suffices(_ window: Double, secondsLeft: Double?) -> Bool {
        let longest = min(sufficientWindow, windows.last ?? 0)
        return window >= min(longest, shareOfTimeLeft * (secondsLeft ?? .infinity)) || shareOfTimeLeft == 0
    }

    func level(against points: Double) -> LeakLevel {
        switch points {
        case ...confirmedLimit: .confirmed
        case ...suspectedLimit: .suspected
        case ...warningLimit: .warning
        default: .none
        }
    }
}
