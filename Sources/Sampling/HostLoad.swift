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

    /// Whether there were threads for three quarters of the CPUs, as the mean of all times: what samples takes CPU time from
    /// others.
    var isFull: Bool {
        let taken = readings.reduce(0) { $0 + min($1, processors) }
        return !readings.isEmpty && taken * 4 >= readings.count * processors * 3
    }

    /// Whether the host was full since the last call.
    mutating func takeIsFull() -> Bool {
        defer { readings.removeAll(keepingCapacity: true) }
        return isFull
    }

    private static func runnable(in procfs: ProcFS) -> Int? {
        guard let bytes = try? procfs.bytes(of: "loadavg") else { return nil }
        return (try? LoadAverage(parsing: bytes))?.runnable.map { $0 - 1 }
    }
}
