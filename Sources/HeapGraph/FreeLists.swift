internal import ProfileModel

/// Free blocks that seem to be in use: those in fast bins, and in threads' caches.
struct FreeLists {
    let arenas: [Arena]
    /// Blocks that may be a thread's cache.
    let caches: [Int]

    func remove(from heap: inout Heap, _ words: inout WordReader) {
        for arena in arenas {
            if let bins = arena.layout.fastBins { removeFastBins(at: arena.address &+ bins, &heap, &words) }
        }
        var removed = HeapAmount()
        for cache in caches where heap.blocks.live[cache] {
            let block = heap.blocks.chunk(of: cache)
            let address = block.lowerBound + Chunk.header
            guard let bins = ThreadCache(in: block, heap, &words) else { continue }
            heap.threadCaches.append(cache)
            for bin in bins.bins {
                let list = List(
                    first: bin.first, count: bin.count, size: bin.size, cache: address, hasKeys: bins.hasKeys)
                removed.add(removeBlocks(of: list, from: &heap, &words))
            }
        }
        heap.cached = removed
        noteBrokenLists(of: &heap)
    }

    /// Blocks that could not be found in a thread's cache have a key in their memory, where the key is known.
    private func noteBrokenLists(of heap: inout Heap) {
        for (size, cache) in heap.brokenLists {
            if let cache, heap.cacheKeys.areKnown(ofBlocksIn: cache) { continue }
            heap.losses.note(.brokenFreeList, bytes: 0)
            if let size { heap.uncertainSizes.insert(size) } else { heap.hasUncertainSizes = true }
        }
    }

    private func removeFastBins(at place: UInt64, _ heap: inout Heap, _ words: inout WordReader) {
        for index in 0..<ArenaLayout.fastBinCount {
            guard let first = words.word(at: place &+ UInt64(index) * 8), first != 0 else { continue }
            let size = ThreadCacheLayout.size(ofBin: index)
            let list = List(first: first, count: nil, size: size, cache: nil, hasKeys: false)
            _ = removeBlocks(of: list, from: &heap, &words)
        }
    }

    /// Free blocks, each with a pointer to the next one at the beginning of its memory.
    private struct List {
        let first: UInt64
        /// How many there are, where that is known.
        let count: Int?
        /// Of each block, where all have one size.
        let size: UInt64?
        /// The address of the thread's cache that has it, in which pointers lead behind blocks' headers; `nil` for a fast bin.
        let cache: UInt64?
        /// Whether blocks have a key as their second word.
        let hasKeys: Bool

        var offset: UInt64 { cache == nil ? 0 : Chunk.header }
    }

    private static let longestList = 1 << 24

    /// Notes that the blocks in a list are free.
    private func removeBlocks(of list: List, from heap: inout Heap, _ words: inout WordReader) -> HeapAmount {
        var removed = HeapAmount()
        var pointer = list.first
        var last = 0
        var limit = list.count ?? Self.longestList
        while pointer != 0 {
            // A list that leads back to its own blocks has none of them in use.
            guard limit > 0, let block = block(at: pointer, list, heap, &last), heap.blocks.live[block.bit],
                let raw = words.word(at: pointer &- list.offset &+ Chunk.header)
            else {
                heap.brokenLists.append((list.size, list.hasKeys ? list.cache : nil))
                return removed
            }
            if let cache = list.cache, list.hasKeys, let key = words.word(at: pointer &+ 8) {
                heap.cacheKeys.note(key, ofBlockIn: cache)
            }
            limit -= 1
            removed.add(bytes: heap.free(block.bit, in: block.region))
            pointer = next(raw, storedAt: pointer &- list.offset &+ Chunk.header, list, heap, &last)
        }
        return removed
    }

    private func block(at pointer: UInt64, _ list: List, _ heap: Heap, _ last: inout Int) -> (bit: Int, region: Int)? {
        guard let block = heap.blocks.start(at: pointer &- list.offset, near: &last) else { return nil }
        guard let size = list.size else { return block }
        return heap.blocks.end(of: block.bit, in: block.region) - (pointer &- list.offset) == size ? block : nil
    }

    /// From 2.32 on, pointers are combined with the address of where they are; some distributions do so before.
    private func next(
        _ raw: UInt64, storedAt place: UInt64, _ list: List, _ heap: Heap, _ last: inout Int
    ) -> UInt64 {
        let demangled = raw ^ (place >> 12)
        if demangled == 0 || block(at: demangled, list, heap, &last) != nil { return demangled }
        return raw == 0 || block(at: raw, list, heap, &last) != nil ? raw : demangled
    }
}

/// A thread's cache of free blocks (`tcache_perthread_struct`), recognised by its contents.
struct ThreadCache {
    struct Bin {
        let first: UInt64
        let count: Int?
        let size: UInt64?
    }

    /// Those that have blocks.
    let bins: [Bin]
    /// Whether blocks have a key as their second word (from 2.29 on; those before had the layout of 2.29).
    let hasKeys: Bool

    /// How many bins may be changing while they are read.
    private static let tolerance = 2

    /// `nil` where no layout of a cache fits.
    ///
    /// - Parameter chunk: of the block.
    init?(in chunk: Range<UInt64>, _ heap: Heap, _ words: inout WordReader) {
        guard let layout = ThreadCacheLayout.all.first(where: { $0.chunkSize == chunk.upperBound - chunk.lowerBound })
        else { return nil }
        let address = chunk.lowerBound + Chunk.header
        var bins: [Bin] = []
        var (mismatches, last) = (0, 0)
        for index in 0..<layout.binCount {
            guard let entry = words.word(at: address &+ layout.entries &+ UInt64(index) * 8) else { return nil }
            let count = layout.countSize.flatMap { width -> Int? in
                let place = UInt64(index * width)
                return words.word(at: address &+ place & ~7).map { word in
                    Int(word >> ((place & 7) * 8) & (width == 1 ? 0xff : 0xffff))
                }
            }
            if let count, (count == 0) != (entry == 0) { mismatches += 1 }
            guard entry != 0 else { continue }
            let binSize = index < layout.smallBinCount ? ThreadCacheLayout.size(ofBin: index) : nil
            guard let first = heap.blocks.start(at: entry &- Chunk.header, near: &last) else {
                mismatches += 1
                continue
            }
            if let binSize, UInt64(heap.blocks.chunk(of: first.bit).count) != binSize { mismatches += 1 }
            bins.append(Bin(first: entry, count: count, size: binSize))
        }
        guard mismatches <= Self.tolerance, !bins.isEmpty else { return nil }
        guard layout.countSize != nil || mismatches == 0 else { return nil }
        self.bins = bins
        hasKeys = layout.countSize != 1
    }
}
