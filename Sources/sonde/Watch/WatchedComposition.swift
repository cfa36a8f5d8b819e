import HostWatch
import ProcFS
import SystemSupport

/// What the memory of a watched process is, read as often as that costs little.
struct WatchedComposition {
    private(set) var known: Known<MemoryComposition> = .notRead
    /// Bytes of the files in memory that it holds and has not mapped.
    private(set) var files: UInt64 = 0
    private var nextReading = 0.0
    private var latest: (elapsed: Double, figures: CompositionFigures)?
    private var buffer: [UInt8] = []

    /// The kernel walks the page tables for it: of larger processes it isn't read.
    private static let largest: UInt64 = 4 << 30
    /// How much longer the time to the next reading is than one took.
    private static let pause = 20.0
    /// Seconds after which it is read although nothing has grown: a descriptor may hold a file in memory.
    private static let longestPause = 30.0

    /// - Parameter elapsed: Seconds since the watch began.
    mutating func read(
        _ directory: borrowing ProcessDirectory, _ status: MemoryStatus, resident: UInt64, at elapsed: Double
    ) {
        guard resident <= Self.largest else {
            (known, files) = (.notRead, 0)
            return
        }
        let figures = CompositionFigures(
            anonymous: status.anonymousBytes ?? 0, shared: status.sharedBytes ?? 0, hugeTLB: status.hugeTLBBytes ?? 0)
        guard elapsed >= nextReading, isDue(figures, at: elapsed) else { return }
        latest = (elapsed, figures)
        let start = MonotonicTime.now
        do {
            let found = try directory.memoryComposition(byMapping: true, using: &buffer)
            (known, files) = (.value(found.composition), found.files.reduce(0) { $0 &+ $1.bytes })
        } catch {
            // The process has ended, or may not be traced.
            (known, files) = (.notRead, 0)
        }
        nextReading = elapsed + Self.pause * Double(MonotonicTime.now.since(start)) / 1e9
    }

    private func isDue(_ figures: CompositionFigures, at elapsed: Double) -> Bool {
        guard let latest, let isMixed = known.value?.isMixed else { return true }
        return figures.areDue(since: latest.figures, isMixed: isMixed, holdsFiles: files > 0)
            || elapsed >= latest.elapsed + Self.longestPause
    }
}
