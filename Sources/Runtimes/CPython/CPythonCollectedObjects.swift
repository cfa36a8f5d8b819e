internal import ProfileModel
internal import SystemSupport

/// The objects that an interpreter's garbage collector follows: lists in which each one points to the next and to the one before it
/// (`PyGC_Head`, 16 bytes before the object).
struct CPythonCollectedObjects {
    let memory: any RuntimeMemory
    /// Where the head of each list is.
    let heads: [Address]

    private static let attempts = 5
    private static let limit = 5_000_000
    /// How long one walk may take, in nanoseconds.
    private static let duration: UInt64 = 1_000_000_000
    /// The lowest bits of both pointers are flags of the collector.
    private static let flags: UInt64 = 3

    /// `nil` where a build keeps no such lists.
    init?(of interpreter: Address, _ layout: CPythonLayout, in memory: any RuntimeMemory) {
        guard let offset = layout.interpreter.collector else { return nil }
        self.memory = memory
        let collector = interpreter.offset(by: offset)
        // `generations`, and `permanent_generation`, which is where it is in one version or another.
        heads =
            [24, 48, 72].map(collector.offset(by:))
            + [96, 104].map(collector.offset(by:)).filter { Self.isHead($0, memory) }
    }

    private static func isHead(_ head: Address, _ memory: any RuntimeMemory) -> Bool {
        func pointer(_ place: Address) -> Address? {
            (try? memory.word(at: place)).map { Address(rawValue: $0 & ~flags) }
        }
        guard let next = pointer(head), let previous = pointer(head.offset(by: 8)) else { return false }
        return pointer(next.offset(by: 8)) == head && pointer(previous) == head
    }

    /// Calls `body` with each object and its type; with some of them more than once.
    ///
    /// - Returns: whether all were found: lists change while they are read.
    func forEach(_ body: (_ object: Address, _ type: Address) -> Void) -> Bool {
        let deadline = MonotonicTime.now.advanced(by: Self.duration)
        var left = Self.limit
        // Not `allSatisfy`, which ends at the first list that can't be read.
        return heads.reduce(true) { walk(from: $1, until: deadline, &left, body) && $0 }
    }

    private func walk(
        from head: Address, until deadline: MonotonicTime, _ left: inout Int, _ body: (Address, Address) -> Void
    ) -> Bool {
        for _ in 0..<Self.attempts {
            let pages = PagedMemory(memory)
            var previous = head
            guard var node = Self.node(at: head, in: pages)?.next else { return false }
            while node != head {
                guard left > 0, left % 4096 != 0 || .now < deadline else { return false }
                guard let read = Self.node(at: node, in: pages), read.previous == previous else { break }
                left -= 1
                body(node.offset(by: 16), read.type)
                (previous, node) = (node, read.next)
            }
            if node == head { return true }
        }
        return false
    }

    private static func node(at place: Address, in pages: PagedMemory) -> (
        next: Address, previous: Address, type: Address
    )? {
        let bytes = pages.bytes(at: place, count: 32)
        guard bytes.count == 32 else { return nil }
        return (
            Address(rawValue: bytes.littleEndianWord(at: 0) & ~flags),
            Address(rawValue: bytes.littleEndianWord(at: 8) & ~flags),
            Address(rawValue: bytes.littleEndianWord(at: 24))
        )
    }
}
