/// Where the members of glibc's `malloc_state` are, in bytes (malloc/malloc.c; x86-64).
///
/// The mutex is at 0 and the flags at 4 in all of them. Distributions have changed the allocator without changing its
/// version, so that the layout is the one by which an arena's contents are consistent.
struct ArenaLayout: Sendable, Equatable {
    /// `nil` from 2.43 on, which has no fast bins.
    let fastBins: UInt64?
    let top: UInt64
    let bins: UInt64
    let next: UInt64
    let size: UInt64

    var systemMemory: UInt64 { next + 0x18 }
    var maximumSystemMemory: UInt64 { next + 0x20 }

    /// 2.27 to 2.42, 2.26, and 2.43 and later.
    static let all = [
        ArenaLayout(fastBins: 0x10, top: 0x60, bins: 0x70, next: 0x870, size: 0x898),
        ArenaLayout(fastBins: 0x08, top: 0x58, bins: 0x68, next: 0x868, size: 0x890),
        ArenaLayout(fastBins: nil, top: 0x08, bins: 0x18, next: 0x818, size: 0x840),
    ]

    static let largest: UInt64 = 0x898
    static let binCount = 127
    static let fastBinCount = 10
}

/// A chunk of memory as glibc's allocator lays it out: the size of the one before it, its own size with flags, and the memory
/// of the program, which has the next chunk's first word as well.
enum Chunk {
    static let header: UInt64 = 0x10
    static let smallest: UInt64 = 0x20
    static let alignment: UInt64 = 0x10

    static let previousIsInUse: UInt64 = 1
    static let isMapped: UInt64 = 2
    /// Of an arena other than the main one.
    static let isOfOtherArena: UInt64 = 4
    static let flags: UInt64 = 7

    static func aligned(_ address: UInt64) -> UInt64 { (address &+ 15) & ~15 }
}

/// What begins each heap of an arena other than the main one (`heap_info`, malloc/arena.c).
///
/// The arena, the heap before it, its size. A heap is aligned to the most that it may grow to.
enum ArenaHeap {
    static let previous: UInt64 = 0x08
    static let size: UInt64 = 0x10
    /// Up to 2.34, and from 2.35 on.
    static let headerSizes: [UInt64] = [0x30, 0x20]
    /// 64 MiB; four huge pages of 2 MiB or of 1 GiB where those are used (2.35 and later).
    static let alignments: [UInt64] = [64 << 20, 8 << 20, 4 << 30]
}

/// `tcache_perthread_struct`, by the size of its chunk.
struct ThreadCacheLayout: Sendable {
    let chunkSize: UInt64
    let binCount: Int
    /// The bytes of a count; `nil` where it counts what is not cached.
    let countSize: Int?
    let entries: UInt64
    /// Bins of one size each; those after them have chunks of a range of sizes.
    var smallBinCount: Int { min(binCount, 64) }

    /// 2.30 to 2.41, 2.26 to 2.29, and 2.42 and later.
    static let all = [
        ThreadCacheLayout(chunkSize: 0x290, binCount: 64, countSize: 2, entries: 0x80),
        ThreadCacheLayout(chunkSize: 0x250, binCount: 64, countSize: 1, entries: 0x40),
        ThreadCacheLayout(chunkSize: 0x300, binCount: 76, countSize: nil, entries: 0x98),
    ]

    static let largestChunk: UInt64 = 0x300

    static func isChunkSize(_ size: UInt64) -> Bool { all.contains { $0.chunkSize == size } }

    /// The size of the chunks in a bin.
    static func size(ofBin index: Int) -> UInt64 { Chunk.smallest + UInt64(index) * Chunk.alignment }
}
