internal import Glibc
internal import ProcFS
internal import SystemSupport

/// How many threads of the host could run, as it was read at several times.
struct HostLoad {
    /// CPUs that are online.
    let processors: Int
    private var readings: [Int] = []

    init(processors: Int) { self.processors = processors }

    /// `nil` where that can't be read.
    init?(of procfs: ProcFS) {
        guard Self.runnable(in: procfs) != nil else { return nil }
        processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// - Parameter runnable: threads on CPUs and waiting for one, without the one that asks.
    mutating func note(runnable: Int) { readings.append(runnable) }

    mutating func read(_ procfs: ProcFS) {
        if let runnable = Self.runnable(in: procfs) { note(runnable: runnable) }
    }

    /// Whether there was a thread for each CPU, at half of the times at least: what samples takes CPU time from others.
    var isFull: Bool {
        !readings.isEmpty && readings.sorted()[readings.count / 2] >= processors
    }

    /// Whether the host was full since the last call.
    mutating func takeIsFull() -> Bool {
        defer { readings.removeAll(keepingCapacity: true) }
        return isFull
    }

    private static let firstReadings = 9
    private static let gap = Duration.milliseconds(3)

    /// Whether the host is full now.
    static func isFull(_ procfs: ProcFS) -> Bool {
        guard var load = HostLoad(of: procfs) else { return false }
        for _ in 0..<firstReadings {
            load.read(procfs)
            pause(for: gap)
        }
        return load.isFull
    }

    private static func runnable(in procfs: ProcFS) -> Int? {
        guard let bytes = try? procfs.bytes(of: "loadavg") else { return nil }
        return (try? LoadAverage(parsing: bytes))?.runnable.map { $0 - 1 }
    }
}

/// Watches what the sampler's thread costs while the host's CPUs are all taken.
struct HostBudget {
    private static let window: UInt64 = 1_000_000_000
    private static let windowsInARow = 2

    private let share: Double
    private let processors: Int
    private var start: MonotonicTime
    private var workAtStart: UInt64
    private var exceededWindows = 0

    /// - Parameters:
    ///   - share: of all CPUs' time, 0 to 1, that the thread may take.
    ///   - work: the CPU time of the thread so far, in nanoseconds.
    init(share: Double, processors: Int, work: UInt64, from start: MonotonicTime) {
        (self.share, self.processors, self.start, workAtStart) = (share, processors, start, work)
    }

    /// Whether a window is over.
    func isDue(at now: MonotonicTime) -> Bool { now.since(start) >= Self.window }

    /// Ends a window; returns the share of the host's CPU time that the thread took, when it was above the budget on a full
    /// host as it was in the window before.
    mutating func excess(work: UInt64, isHostFull: Bool, at now: MonotonicTime) -> Double? {
        let measured = Double(work &- workAtStart) / Double(max(1, now.since(start))) / Double(processors)
        (start, workAtStart) = (now, work)
        exceededWindows = isHostFull && measured > share ? exceededWindows + 1 : 0
        return exceededWindows >= Self.windowsInARow ? measured : nil
    }
}
