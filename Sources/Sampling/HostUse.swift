internal import ProcFS
internal import ProfileModel
internal import SystemSupport

/// What a host's CPUs do at the moment, and what part of that some processes have.
struct HostUse {
    /// Whether the CPUs are all taken.
    let isFull: Bool
    /// Of all CPUs' time, 0 to 1, what the processes take.
    let share: Double
    private let processors: Int

    private static let readings = 9
    private static let gap = Duration.milliseconds(3)

    /// Watches for some hundredths of a second; `nil` where the host's load can't be read.
    init?(of processes: [ProcessID], in procfs: ProcFS) {
        guard var load = HostLoad(of: procfs) else { return nil }
        let clocks = processes.compactMap { SystemClock.cpu(ofProcess: $0.rawValue) }
        // One that ends meanwhile counts for nothing.
        let before = clocks.map(\.reading)
        let start = MonotonicTime.now
        for _ in 0..<Self.readings {
            load.read(procfs)
            pause(for: Self.gap)
        }
        let elapsed = MonotonicTime.now.since(start)
        let used = zip(clocks, before).reduce(UInt64(0)) { sum, clock in
            guard let first = clock.1, let last = clock.0.reading else { return sum }
            return sum &+ (last &- first)
        }
        processors = load.processors
        isFull = load.isFull
        share = Double(used) / Double(max(1, elapsed)) / Double(load.processors)
    }

    /// How many stacks of other processes events on the CPUs copy in a second.
    ///
    /// - Parameter rate: samples a second of CPU time.
    func stacksOfOthers(rate: Int) -> Double { Double(processors * rate) * max(0, 1 - share) }
}
