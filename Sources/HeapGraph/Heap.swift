internal import ProfileModel

/// The heap of a process as it was walked: its blocks, and what is known of them.
struct Heap {
    var blocks: HeapBlocks
    var arenas: [ArenaUse] = []
    var losses = HeapLosses()
    /// Memory of the allocator's own beside blocks, in which pointers are no references: headers of arenas and of heaps.
    var ownMemory: [Range<UInt64>] = []
    /// Blocks in which the allocator keeps free ones for a thread.
    var threadCaches: [Int] = []
    var cached = HeapAmount()
    var mapped = HeapAmount()
    /// Whether there are no more blocks that were mapped than the allocator counts: memory of others may seem to be one.
    var areMappedBlocksCertain = true
    /// Sizes of which free blocks may be taken for blocks in use: a list of them could not be followed to its end.
    var uncertainSizes: Set<UInt64> = []
    /// Whether that holds for blocks of any size.
    var hasUncertainSizes = false
    /// Lists of free blocks that could not be followed: the size of their blocks, and the thread's cache whose blocks have keys.
    var brokenLists: [(size: UInt64?, cache: UInt64?)] = []
    /// The second words of blocks in threads' caches.
    var cacheKeys = CacheKeys()
    /// Where blocks end that were walked, and new ones appear, by the address of the word that has the present end.
    var tops: [(word: UInt64, walked: UInt64)] = []

    /// What an arena has.
    struct ArenaUse {
        let isMain: Bool
        var live = HeapAmount()
        var free = HeapAmount()
    }

    /// Whether a block with this second word is in a thread's cache, although that wasn't found there.
    func isCacheKey(_ word: UInt64) -> Bool { word != 0 && word == cacheKeys.common || cacheKeys.caches.contains(word) }

    /// Whether a block of that size that seems to be in use may be free.
    func isUncertain(_ size: UInt64) -> Bool { hasUncertainSizes || uncertainSizes.contains(size) }

    /// Notes that a block that seemed to be in use is free.
    mutating func free(_ bit: Int, in region: Int) -> UInt64 {
        let size = blocks.end(of: bit, in: region) - blocks.address(of: bit, in: region)
        blocks.live.remove(bit)
        if let arena = blocks.regions[region].arena {
            arenas[arena].live.remove(bytes: size)
            arenas[arena].free.add(bytes: size)
        }
        return size
    }
}

/// What the allocator writes into blocks of threads' caches as their second words, so that it notices one that is freed twice:
/// the cache's address (2.29 to 2.33), or a number of the process (2.34 and later).
struct CacheKeys {
    /// The number that all had; `nil` where they differed.
    private(set) var common: UInt64?
    /// Caches whose blocks have their address.
    private(set) var caches: Set<UInt64> = []
    private var isMixed = false

    func areKnown(ofBlocksIn cache: UInt64) -> Bool { common != nil || caches.contains(cache) }

    mutating func note(_ word: UInt64, ofBlockIn cache: UInt64) {
        if word == cache {
            caches.insert(cache)
        } else if common == nil, !isMixed {
            common = word
        } else if common != word {
            (common, isMixed) = (nil, true)
        }
    }
}
