internal import ProfileModel

/// Reads the heap of a process that may run on: finds the allocator's arenas, and walks their blocks.
struct HeapReader {
    let memory: any HeapMemory
    let mapped: MappedMemory
    let progress: () -> Void
    var words: WordReader

    /// Bits of heap that are kept: those of 16 GiB, in half of what a worker may have.
    private static let bitLimit = 1 << 30
    private static let heapLimit = 1 << 16

    init(_ memory: any HeapMemory, _ ranges: [MappedRange], progress: @escaping () -> Void) {
        self.memory = memory
        mapped = MappedMemory(ranges)
        self.progress = progress
        words = WordReader(memory)
    }

    /// Blocks one behind the other.
    struct Segment {
        let range: Range<UInt64>
        let arena: Int
        /// The block behind which there is none, where it is in this memory.
        let top: UInt64?
    }

    mutating func heap() throws(HeapReadError) -> Heap {
        let rings = ArenaSearch(mapped, progress: progress).rings(&words)
        guard !rings.isEmpty else { throw .noAllocator(OtherAllocator.inside(mapped.ranges)) }
        var losses = HeapLosses()
        var ownMemory: [Range<UInt64>] = []
        let arenas = rings.flatMap { $0 }
        var segments = self.segments(of: arenas, &ownMemory, &losses)
        var mappedBlocks = MappedBlocks(self, outside: segments.map(\.range)).find()
        if mappedBlocks.isIncomplete { losses.note(.tooManyBlocks, bytes: 0) }
        var bits = 0
        segments = segments.filter { segment in
            bits += HeapBlocks.bits(of: segment.range)
            if bits <= Self.bitLimit { return true }
            losses.note(.tooLarge, bytes: UInt64(segment.range.count))
            return false
        }
        mappedBlocks.ranges.sort { $0.lowerBound < $1.lowerBound }
        let blocks = HeapBlocks(segments: segments.map { ($0.range, $0.arena) }, mapped: mappedBlocks.ranges)
        var heap = Heap(blocks: blocks)
        heap.losses = losses
        heap.ownMemory = ownMemory
        heap.arenas = arenas.map { Heap.ArenaUse(isMain: $0.isMain) }
        for block in mappedBlocks.ranges { heap.mapped.add(bytes: UInt64(block.count)) }
        heap.areMappedBlocksCertain = arenas.filter(\.isMain).allSatisfy { mayHaveMapped(heap.mapped.bytes, $0) }
        var walk = HeapWalk(memory: memory, progress: progress)
        for segment in segments {
            walk.walk(segment, &heap)
            if let top = segment.top {
                heap.tops.append((arenas[segment.arena].address &+ arenas[segment.arena].layout.top, top))
            }
        }
        words.discard()
        FreeLists(arenas: arenas, caches: walk.possibleCaches).remove(from: &heap, &words)
        return heap
    }

    /// Whether the allocator has mapped as much as was found, as it counts itself.
    ///
    /// `mp_` (malloc/malloc.c) lies near the main arena: where the main heap begins, and before that the most that was mapped
    /// one by one, and what is now.
    private mutating func mayHaveMapped(_ bytes: UInt64, _ arena: Arena) -> Bool {
        guard let head = words.word(at: arena.top &+ 8) else { return true }
        let base = arena.top &+ (head & ~Chunk.flags) &- arena.systemMemory
        let first = arena.address &- Self.parameterDistance
        for place in stride(from: first, to: first &+ 2 * Self.parameterDistance, by: 8) {
            guard !arena.range.contains(place), words.word(at: place) == base, let mapped = words.word(at: place &- 16),
                let maximum = words.word(at: place &- 8), mapped <= maximum
            else { continue }
            return bytes <= mapped
        }
        return true
    }

    private static let parameterDistance: UInt64 = 0x4000

    // MARK: - Segments

    private mutating func segments(
        of arenas: [Arena], _ ownMemory: inout [Range<UInt64>], _ losses: inout HeapLosses
    ) -> [Segment] {
        var segments: [Segment] = []
        for (index, arena) in arenas.enumerated() {
            let found = arena.isMain ? mainSegment(arena, index, &losses) : heaps(of: arena, index, &ownMemory, &losses)
            if arena.isMain { ownMemory.append(arena.range) }
            segments += found
        }
        // Arenas of a forged process may claim the same memory.
        segments.sort { $0.range.lowerBound < $1.range.lowerBound }
        var last: UInt64 = 0
        return segments.filter { segment in
            guard segment.range.lowerBound >= last else {
                losses.note(.inconsistent, bytes: UInt64(segment.range.count))
                return false
            }
            last = segment.range.upperBound
            return true
        }
    }

    private mutating func mainSegment(_ arena: Arena, _ index: Int, _ losses: inout HeapLosses) -> [Segment] {
        if arena.isUnused { return [] }
        guard arena.isContiguous else {
            losses.note(.scattered, bytes: arena.systemMemory)
            return []
        }
        for _ in 0..<Self.attempts {
            words.discard()
            guard let now = Arena(at: arena.address, arena.layout, isMain: true, { words.word(at: $0) }),
                let range = mainRange(now)
            else { continue }
            return segment(range, index, top: now.top, &losses).map { [$0] } ?? []
        }
        losses.note(.inconsistent, bytes: arena.systemMemory)
        return []
    }

    /// How often an arena is read that changes meanwhile.
    private static let attempts = 256

    /// The heap of a main arena without gaps: what the kernel shows as the heap if that is as much as the arena has from the
    /// system, or else so much up to the end of its top.
    private mutating func mainRange(_ arena: Arena) -> Range<UInt64>? {
        if let heap = mapped.range(containing: arena.top), heap.content == .heap, heap.byteCount == arena.systemMemory {
            return heap.start.rawValue..<heap.end.rawValue
        }
        guard let head = words.word(at: arena.top &+ 8), head & Chunk.isMapped == 0 else { return nil }
        let end = arena.top &+ head & ~Chunk.flags
        let start = Chunk.aligned(end &- arena.systemMemory)
        guard start <= arena.top, arena.top < end, mapped.isWritable(start), end & (PageSize.bytes - 1) == 0
        else { return nil }
        return start..<end
    }

    /// A segment as far as it is mapped.
    private func segment(
        _ range: Range<UInt64>, _ arena: Int, top: UInt64?, _ losses: inout HeapLosses
    ) -> Segment? {
        let end = min(range.upperBound, mapped.endOfWritableMemory(from: range.lowerBound)) & ~15
        if end < range.upperBound { losses.note(.unmapped, bytes: range.upperBound - max(end, range.lowerBound)) }
        guard range.lowerBound & 15 == 0, end > range.lowerBound else { return nil }
        return Segment(range: range.lowerBound..<end, arena: arena, top: top)
    }

    /// The heaps of an arena other than the main one, from the one that grows back to the one that has the arena.
    private mutating func heaps(
        of arena: Arena, _ index: Int, _ ownMemory: inout [Range<UInt64>], _ losses: inout HeapLosses
    ) -> [Segment] {
        guard let (own, header, alignment) = ownHeap(of: arena) else {
            losses.note(.inconsistent, bytes: arena.systemMemory)
            return []
        }
        var segments: [Segment] = []
        var heap = arena.top & ~(alignment - 1)
        while segments.count < Self.heapLimit, words.word(at: heap) == arena.address,
            let size = words.word(at: heap &+ ArenaHeap.size), size > header, size <= alignment,
            let previous = words.word(at: heap &+ ArenaHeap.previous)
        {
            let isOwn = heap == own
            let first = Chunk.aligned(heap &+ header &+ (isOwn ? arena.layout.size : 0))
            let top = segments.isEmpty ? arena.top : nil
            if first < heap &+ size, let found = segment(first..<heap &+ size, index, top: top, &losses) {
                segments.append(found)
                ownMemory.append(heap..<first)
            }
            if isOwn { return segments }
            heap = previous
        }
        losses.note(.inconsistent, bytes: arena.systemMemory)
        return segments
    }

    private mutating func ownHeap(of arena: Arena) -> (heap: UInt64, header: UInt64, alignment: UInt64)? {
        for alignment in ArenaHeap.alignments {
            let heap = arena.address & ~(alignment - 1)
            guard let header = ArenaHeap.headerSizes.first(where: { arena.address == heap &+ $0 }),
                words.word(at: heap) == arena.address
            else { continue }
            return (heap, header, alignment)
        }
        return nil
    }
}
