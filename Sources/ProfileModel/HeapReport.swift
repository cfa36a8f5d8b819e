/// A number of blocks, and the bytes that they take together with the allocator's own.
package struct HeapAmount: Hashable, Sendable {
    package var blocks: UInt64
    package var bytes: UInt64

    package init(blocks: UInt64 = 0, bytes: UInt64 = 0) { (self.blocks, self.bytes) = (blocks, bytes) }

    package mutating func add(bytes size: UInt64) {
        blocks &+= 1
        bytes &+= size
    }

    package mutating func remove(bytes size: UInt64) {
        blocks &-= 1
        bytes &-= size
    }

    package mutating func add(_ other: HeapAmount) {
        blocks &+= other.blocks
        bytes &+= other.bytes
    }
}

/// Why a part of a heap, or of what could lead to its blocks, is not known.
package enum HeapLoss: UInt8, CaseIterable, Sendable {
    /// What the allocator keeps of it can't be true: it was changing too fast, or it is damaged.
    case inconsistent
    /// The main arena's memory is in several places, of which only the last is known: sbrk(2) failed, or others use it.
    case scattered
    /// A list of free blocks could not be followed to its end: some of them may be counted as in use.
    case brokenFreeList
    /// Memory that could not be read.
    case unreadable
    /// The heap has grown since mappings were read.
    case unmapped
    /// The heap is larger than what is kept of it may be.
    case tooLarge
    /// There are more blocks of one kind than are kept.
    case tooManyBlocks
    /// Memory of a device, in which pointers are not searched.
    case device
    /// Threads whose registers could not be read.
    case registers
}

/// What is not known, by its reason.
package struct HeapLosses: Hashable, Sendable {
    package private(set) var amounts: [HeapLoss: HeapAmount]

    package init(_ amounts: [HeapLoss: HeapAmount] = [:]) { self.amounts = amounts }

    package mutating func note(_ loss: HeapLoss, bytes: UInt64) {
        amounts[loss, default: HeapAmount()].add(bytes: bytes)
    }

    package mutating func add(_ other: HeapLosses) {
        for (loss, amount) in other.amounts { amounts[loss, default: HeapAmount()].add(amount) }
    }

    package var isEmpty: Bool { amounts.isEmpty }
}

/// An allocator whose heap can't be read.
package enum OtherAllocator: UInt8, CaseIterable, Sendable {
    case jemalloc, tcmalloc, mimalloc, musl, go, sanitizer
}

/// Why a heap could not be read.
package enum HeapReadError: Error, Hashable, Sendable {
    /// There are no arenas of glibc; what is there instead, where that is recognised.
    case noAllocator(OtherAllocator?)
}

/// What an allocator has, part by part; bytes are those of blocks with their headers.
package struct HeapSummary: Hashable, Sendable {
    package struct Arena: Hashable, Sendable {
        package let isMain: Bool
        package let live: HeapAmount
        package let free: HeapAmount

        package init(isMain: Bool, live: HeapAmount, free: HeapAmount) {
            (self.isMain, self.live, self.free) = (isMain, live, free)
        }
    }

    package let arenas: [Arena]
    /// Of the arenas' free blocks, those that are kept for single threads.
    package let cached: HeapAmount
    /// Blocks that were mapped one by one.
    package let mapped: HeapAmount
    package let losses: HeapLosses

    package init(arenas: [Arena], cached: HeapAmount, mapped: HeapAmount, losses: HeapLosses) {
        (self.arenas, self.cached, self.mapped, self.losses) = (arenas, cached, mapped, losses)
    }

    package var live: HeapAmount {
        arenas.reduce(into: mapped) { $0.add($1.live) }
    }

    package var free: HeapAmount {
        arenas.reduce(into: HeapAmount()) { $0.add($1.free) }
    }
}

/// What is in a block, as far as its contents show.
package enum BlockContent: Hashable, Sendable {
    /// An object of a C++ class, by its name.
    case cxx(String)
    /// An object of a Swift class, by its name.
    case swift(String)
    /// It begins with printable characters.
    case text
    case zeros
    case other
}

/// Blocks of one content and size.
package struct BlockGroup: Hashable, Sendable {
    package let content: BlockContent
    /// The bytes that the program may use of a block: what it asked for, rounded up.
    ///
    /// `nil` where sizes differ.
    package let size: UInt64?
    package let amount: HeapAmount
    /// How one of them begins, printable.
    package let sample: String?

    package init(content: BlockContent, size: UInt64?, amount: HeapAmount, sample: String?) {
        (self.content, self.size, self.amount, self.sample) = (content, size, amount, sample)
    }
}

/// What one scan of a heap is to consider beside the process's memory.
package struct HeapScanInput: Hashable, Sendable {
    /// Of threads that sleep: what is below them on their stacks holds nothing.
    package let stackPointers: [Address]
    /// The contents of threads' registers.
    package let registers: [UInt64]

    package init(stackPointers: [Address] = [], registers: [UInt64] = []) {
        (self.stackPointers, self.registers) = (stackPointers, registers)
    }
}

/// What the scans of a heap have found so far.
package struct HeapScan: Hashable, Sendable {
    /// How often the heap was scanned.
    package let count: UInt32
    /// The blocks that no scan has reached.
    package let unreached: HeapAmount
    /// More of them, which may be free: no scan could follow all lists of free blocks of their size.
    package let undecided: HeapAmount
    /// Bytes of memory outside of the heap in which the last scan has searched for references.
    package let searchedBytes: UInt64
    /// The heap at the last scan.
    package let summary: HeapSummary

    package init(
        count: UInt32, unreached: HeapAmount, undecided: HeapAmount, searchedBytes: UInt64, summary: HeapSummary
    ) {
        (self.count, self.unreached, self.undecided) = (count, unreached, undecided)
        (self.searchedBytes, self.summary) = (searchedBytes, summary)
    }
}

/// Blocks by what is in them, those with the most bytes first.
package struct BlockGroupList: Hashable, Sendable {
    package let groups: [BlockGroup]
    /// Those that are in none of the groups.
    package let rest: HeapAmount

    /// More groups are counted together.
    package static let limit = 4096

    package init(_ groups: [BlockGroup], rest: HeapAmount = HeapAmount()) {
        self.groups = Array(groups.prefix(Self.limit))
        self.rest = groups.dropFirst(Self.limit).reduce(into: rest) { $0.add($1.amount) }
    }
}
