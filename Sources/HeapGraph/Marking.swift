/// Finds the blocks that references lead to, from block to block.
///
/// Blocks whose contents are yet to be searched are gathered by windows of memory, so that most are read many at a time.
struct Marking {
    private let memory: any HeapMemory
    private let progress: () -> Void
    private var marker: Marker
    private var window = MemoryPiece(capacity: HeapBlocks.windowBits * 16 + 2 * Int(Self.largestInWindow))
    private var large = MemoryPiece(capacity: 1 << 20)

    /// Larger blocks are read alone.
    private static let largestInWindow: UInt64 = 64 << 10
    /// So many blocks are cheaper to read with all that is between them: reading a page takes about 1.3 µs, a window 60.
    private static let denseCount: Int32 = 32

    init(_ heap: consuming Heap, _ reader: HeapReader) {
        (memory, progress) = (reader.memory, reader.progress)
        marker = Marker(consume heap)
    }

    /// Ends the search, and gives the heap back with the blocks that were reached.
    consuming func finish() -> Heap { marker.heap }

    var tops: [(word: UInt64, walked: UInt64)] { marker.heap.tops }

    /// Follows what words in memory outside of the heap lead to.
    mutating func follow(_ piece: MemoryPiece) {
        marker.scan(piece, 0..<piece.count)
        followPending()
    }

    mutating func follow(_ word: UInt64) {
        marker.reach(word)
        followPending()
    }

    private mutating func followPending() {
        while let index = marker.nextWindow() { scanWindow(index) }
    }

    private mutating func scanWindow(_ index: Int) {
        progress()
        window.discard()
        if marker.pendingCount(inWindow: index) >= Self.denseCount, let range = marker.memory(ofWindow: index) {
            window.read(at: range.lowerBound, bytes: range.upperBound - range.lowerBound, from: memory)
        }
        var bit = 0
        while let block = marker.takePending(inWindow: index, from: &bit) { scan(block) }
    }

    private mutating func scan(_ block: Range<UInt64>) {
        guard block.upperBound - block.lowerBound <= Self.largestInWindow else { return scanAlone(block) }
        if !window.covers(block) {
            let count = max(PageSize.bytes, block.upperBound - block.lowerBound)
            window.read(at: block.lowerBound, bytes: count, from: memory)
        }
        // What can't be read has been given back meanwhile.
        let first = Int((block.lowerBound - window.start) / 8)
        let limit = min(window.count, Int((block.upperBound - window.start) / 8))
        if first < limit { marker.scan(window, first..<limit) }
    }

    private mutating func scanAlone(_ block: Range<UInt64>) {
        var place = block.lowerBound
        while place < block.upperBound {
            progress()
            large.read(at: place, bytes: block.upperBound - place, from: memory)
            guard large.count > 0 else { return }
            marker.scan(large, 0..<large.count)
            place = large.end
        }
    }
}

/// Notes which blocks are reached: every aligned word that could point into a block is taken for a reference.
private struct Marker {
    private(set) var heap: Heap
    /// Windows with blocks whose contents are to be searched.
    private var queue: ContiguousArray<Int> = []
    private var queueStart = 0
    /// How many such blocks each has.
    private var pendingCounts: ContiguousArray<Int32>
    private var lastRegion = 0
    private let lowest: UInt64
    private let span: UInt64

    init(_ heap: consuming Heap) {
        (lowest, span) = heap.blocks.bounds
        pendingCounts = ContiguousArray(repeating: 0, count: heap.blocks.bitCount / HeapBlocks.windowBits + 1)
        self.heap = heap
        // What a thread's cache points to is free.
        for cache in self.heap.threadCaches { self.heap.blocks.reached.insert(cache) }
    }

    mutating func scan(_ piece: borrowing MemoryPiece, _ range: Range<Int>) {
        for index in range {
            let word = piece[index]
            if word &- lowest < span {
                reach(word)
            } else if word >> 62 == 3 {
                reachSideTable(word)
            }
        }
    }

    mutating func reach(_ pointer: UInt64) {
        guard let block = heap.blocks.block(at: pointer, near: &lastRegion), !heap.blocks.reached[block.bit] else {
            return
        }
        heap.blocks.reached.insert(block.bit)
        heap.blocks.pending.insert(block.bit)
        let window = block.bit / HeapBlocks.windowBits
        if pendingCounts[window] == 0 { queue.append(window) }
        pendingCounts[window] += 1
    }

    /// A Swift object with weak references has a side table, to which its second word leads in this form only
    /// (SwiftShims, RefCount.h).
    private mutating func reachSideTable(_ word: UInt64) {
        let address = (word & (1 << 62 - 1)) << 3
        if address &- lowest < span { reach(address) }
    }

    // MARK: - Windows

    mutating func nextWindow() -> Int? {
        while queueStart < queue.count {
            let window = queue[queueStart]
            queueStart += 1
            // One that was queued again while it was searched may have nothing left.
            if pendingCounts[window] > 0 { return window }
        }
        queue.removeAll(keepingCapacity: true)
        queueStart = 0
        return nil
    }

    func pendingCount(inWindow index: Int) -> Int32 { pendingCounts[index] }

    /// The memory from where a window begins; `nil` for blocks that were mapped one by one.
    func memory(ofWindow index: Int) -> Range<UInt64>? {
        let first = index * HeapBlocks.windowBits
        guard first < heap.blocks.firstMapped else { return nil }
        let region = heap.blocks.region(ofBit: first)
        let start = heap.blocks.address(of: first, in: region)
        let end = heap.blocks.regions[region].end
        return start < end ? start..<end : nil
    }

    /// The memory of a block that is to be searched, from the one on after which the last was found, going around.
    mutating func takePending(inWindow index: Int, from bit: inout Int) -> Range<UInt64>? {
        guard pendingCounts[index] > 0 else { return nil }
        let first = index * HeapBlocks.windowBits
        let limit = min(first + HeapBlocks.windowBits, heap.blocks.bitCount)
        let next =
            heap.blocks.pending.next(from: max(first, bit), to: limit)
            ?? heap.blocks.pending.next(from: first, to: limit)
        guard let found = next else {
            pendingCounts[index] = 0
            return nil
        }
        heap.blocks.pending.remove(found)
        pendingCounts[index] -= 1
        bit = found + 1
        return heap.blocks.memory(of: found)
    }
}
