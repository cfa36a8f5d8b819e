internal import Glibc
package import ObjectFiles
package import ProfileModel
package import SystemSupport

/// The perf map of a process, an open file that grows while the process generates code.
///
/// Belongs to one thread.
package final class PerfMap {
    private let file: OwnedDescriptor
    private let budget: ParsingBudget
    /// `nil` once there was no memory for more of it: the names in it would be wrong for code that later lines name.
    private var log: PerfMapLog?
    /// What was read last, by which another content of the file is noticed.
    private var tail: [UInt8] = []
    /// The file as it was read last.
    private var lastVersion: FileStatus.Version?
    /// When that was, in nanoseconds of `CLOCK_MONOTONIC`.
    private var lastReading: UInt64 = 0
    /// The names that were given out: a process can write the file anew.
    private var used: [GeneratedCodeID: String] = [:]
    private let usedMemory: MemoryReservation?
    private var earlierDamage: PerfMapDamage?

    private static let chunk = 1 << 20
    private static let tailLength = 64

    package init(_ file: consuming OwnedDescriptor, budget: ParsingBudget) {
        self.file = file
        self.budget = budget
        log = try? PerfMapLog(budget)
        usedMemory = try? budget.reserve(0)
    }

    /// Lines that name no code.
    package var damage: PerfMapDamage? { PerfMapDamage.sum(earlierDamage, log?.damage) }

    // MARK: - Reading

    /// Reads what the process has written since the last call.
    package func readOn() {
        let start = SystemClock.monotonic.nanoseconds
        defer { lastReading = start }
        guard log != nil, let status = try? file.status(), status.version != lastVersion else { return }
        if !hasSameTail { restart() }
        do throws(BudgetExhausted) { try read(upTo: status) } catch { discardLog() }
        lastVersion = status.version
    }

    private func read(upTo status: FileStatus) throws(BudgetExhausted) {
        while let position = log?.position, position < status.size, let offset = Int(exactly: position) {
            var bytes: [UInt8] = []
            let count = Int(min(UInt64(Self.chunk), status.size - position))
            guard let read = try? file.append(upTo: count, at: offset, to: &bytes), read > 0 else { return }
            try budget.spend(read, .bytes)
            try budget.spend(bytes.count { $0 == UInt8(ascii: "\n") }, .entries)
            try log?.append(bytes, written: lastReading...max(lastReading, lastWrite(status)))
            tail = (tail + bytes.suffix(Self.tailLength)).suffix(Self.tailLength)
        }
    }

    /// When the file was written last: before now, and by its own time if it was not read before.
    private func lastWrite(_ status: FileStatus) -> UInt64 {
        let (now, wall) = (SystemClock.monotonic.nanoseconds, SystemClock.wall.nanoseconds)
        guard lastReading == 0, let modified = status.modified, modified <= wall else { return now }
        return now - min(now, max(wall - modified, Self.granularity) - Self.granularity)
    }

    /// Nanoseconds, of the times of files: the kernel takes them at the scheduler's ticks.
    private static let granularity: UInt64 = 20_000_000

    /// Whether what was read last is still at its place.
    private var hasSameTail: Bool {
        guard !tail.isEmpty, let end = log.flatMap({ Int(exactly: $0.position) }) else { return true }
        var bytes: [UInt8] = []
        _ = try? file.append(upTo: tail.count, at: end - tail.count, to: &bytes)
        return bytes == tail
    }

    private func restart() {
        discardLog()
        log = try? PerfMapLog(budget)
        tail = []
    }

    private func discardLog() {
        earlierDamage = damage
        log = nil
    }

    // MARK: - Names

    /// The code at an address as a stack of a time, in nanoseconds of `CLOCK_MONOTONIC`, leads to it; `nil` where the map
    /// doesn't name it.
    package func code(at address: Address, when time: UInt64) -> GeneratedCodeID? {
        guard let code = log?.code(at: address, when: time) else { return nil }
        guard used[code.id] == nil else { return code.id }
        let name = code.name
        if (try? usedMemory?.grow(by: Self.usedCost + name.utf8.count)) != nil { used[code.id] = name }
        return code.id
    }

    /// Bytes of a name in a dictionary, beside its text.
    private static let usedCost = 64

    /// What the map calls code; `nil` where it has none of that number any more.
    package func name(of code: GeneratedCodeID) -> String? {
        if let name = used[code] { return name }
        return (try? log?.name(of: code)).flatMap(\.self)
    }
}
