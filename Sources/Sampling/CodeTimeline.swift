internal import ProfileModel

/// A change of what code a process has mapped, as the kernel reported it.
struct CodeChange: Sendable {
    let time: MonotonicTime
    /// The addresses that are new; `nil` for all of them, as when another program is executed.
    let range: Range<UInt64>?

    func covers(_ address: Address) -> Bool { range?.contains(address.rawValue) ?? true }
}

/// When a process's code changed: tells whether mappings read at one time hold for a stack of another.
///
/// `/proc/PID/maps` shows the mappings of now, and a stack that waited in a ring buffer is of some moments ago.
struct CodeTimeline {
    private static let capacity = 4096

    private var changes: [CodeChange] = []
    /// Whether changes up to this time may be missing from the list.
    private var forgottenUntil = MonotonicTime(nanoseconds: 0)

    /// To be called in the order of the changes' times.
    mutating func add(_ change: CodeChange) {
        changes.append(change)
        guard changes.count > Self.capacity else { return }
        forgottenUntil = changes[Self.capacity / 2 - 1].time
        changes.removeFirst(Self.capacity / 2)
    }

    /// Takes over what happened to the process that another one was forked from.
    init(of parent: CodeTimeline? = nil) {
        guard let parent else { return }
        self = parent
    }

    /// Whether anything changed after `earlier`, up to and with `later`.
    func hasChanges(after earlier: MonotonicTime, upTo later: MonotonicTime) -> Bool {
        earlier < forgottenUntil || !changes(after: earlier, upTo: later).isEmpty
    }

    /// The first of the addresses at which the code changed after `earlier`, up to and with `later`.
    func firstChanged(
        among addresses: some Collection<Address>, after earlier: MonotonicTime, upTo later: MonotonicTime
    ) -> (index: Int, address: Address)? {
        if earlier < forgottenUntil { return addresses.first.map { (0, $0) } }
        let between = changes(after: earlier, upTo: later)
        guard !between.isEmpty else { return nil }
        return addresses.enumerated().first { entry in between.contains { $0.covers(entry.element) } }
            .map { ($0.offset, $0.element) }
    }

    private func changes(after earlier: MonotonicTime, upTo later: MonotonicTime) -> ArraySlice<CodeChange> {
        // They are in order, and those of interest are the last few.
        var start = changes.endIndex
        while start > 0, changes[start - 1].time > earlier { start -= 1 }
        var end = start
        while end < changes.endIndex, changes[end].time <= later { end += 1 }
        return changes[start..<end]
    }
}
