package import HostWatch

/// How busy processors were between two collections: a process or a group by shares of one CPU, the host by a share of all.
package struct ProcessorUse: Equatable, Sendable {
    /// Seconds between the collections.
    package let seconds: Double
    /// 0 to 1: time neither idle nor waiting for I/O, of all CPUs; `nil` when the kernel's counters did not move.
    package let host: Double?
    /// CPU seconds a second: 1 is one CPU; only groups and processes that were there at both collections, and read in full.
    package let groups: [String: Double]
    package let processes: [ProcessIdentity: Double]

    /// `nil` when no time passed between them.
    package init?(from earlier: HostSnapshot, to later: HostSnapshot) {
        let elapsed = later.time.monotonic - earlier.time.monotonic
        guard elapsed > 0 else { return nil }
        seconds = elapsed
        host = earlier.host.cpu.value.flatMap { earlier in
            later.host.cpu.value.flatMap { Self.busyShare(from: earlier, to: $0) }
        }
        groups = Self.rates(from: Self.totals(of: earlier.groups), to: Self.totals(of: later.groups), elapsed: elapsed)
        let processesBefore = earlier.processes.map { ($0.identity, $0.cpu.total) }
        processes = Self.rates(
            from: processesBefore, to: later.processes.map { ($0.identity, $0.cpu.total) }, elapsed: elapsed)
    }

    /// What a process used that could not be read arrives later, all at once.
    private static func totals(of groups: [GroupMeasurement]) -> [(String, Double)] {
        groups.lazy.filter { $0.unreadable["process"] == nil }.map { ($0.name, $0.cpu.total) }
    }

    /// A total that fell was set back, so that no rate follows from it.
    private static func rates<Key: Hashable>(
        from earlier: [(Key, Double)], to later: [(Key, Double)], elapsed: Double
    ) -> [Key: Double] {
        let before = Dictionary(earlier, uniquingKeysWith: { first, _ in first })
        var rates: [Key: Double] = [:]
        for (key, total) in later {
            guard let previous = before[key], total >= previous else { continue }
            rates[key] = (total - previous) / elapsed
        }
        return rates
    }

    private static func busyShare(from earlier: HostProcessorTimes, to later: HostProcessorTimes) -> Double? {
        let busy = later.busy - earlier.busy
        let waiting = later.idle + later.ioWait - earlier.idle - earlier.ioWait
        guard busy >= 0, busy + waiting > 0 else { return nil }
        return min(busy / (busy + waiting), 1)
    }
}

extension ProcessorTimes {
    fileprivate var total: Double { user + system }
}

extension HostProcessorTimes {
    fileprivate var busy: Double { user + nice + system + interrupt + softInterrupt + steal }
}
