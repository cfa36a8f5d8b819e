import HeapGraph
import ProfileModel
import Testing

/// Heaps that are damaged, forged, or change while they are read.
@Suite struct HostileHeapTests {
    private func heap(blocks: Int) -> (ForgedHeap, [UInt64]) {
        let heap = ForgedHeap()
        return (heap, (0..<blocks).map { _ in heap.block(0x40) })
    }

    @Test(arguments: [0, 0x10, 0x18, 0x7fff_ffff_fff0, 0x4_0000, .max])
    func `Behind a block whose size can't be, nothing is judged, and what is there counts as references`(
        size: UInt64
    ) throws {
        let (heap, blocks) = heap(blocks: 8)
        heap[blocks[4] - 8] = size
        // Only this leads to the first block.
        heap[blocks[6]] = blocks[0]
        let (scan, groups) = try heap.scan()
        #expect(scan.summary.losses.amounts[.inconsistent] != nil)
        #expect(groups.map(\.amount.blocks) == [2])
    }

    @Test func `A fast bin that leads back to itself ends, and blocks of its size are not called leaks`() throws {
        let (heap, blocks) = heap(blocks: 8)
        heap.makeFastBin(Array(blocks[..<4]), size: 0x40)
        heap[blocks[3]] = (blocks[0] - 16) ^ (blocks[3] >> 12)
        let scan = try heap.scan().scan
        #expect(scan.summary.losses.amounts[.brokenFreeList]?.blocks ?? 0 > 0)
        #expect(scan.unreached.blocks == 0)
        #expect(scan.undecided.blocks == 4)
        #expect(scan.summary.live.blocks == 4)
    }

    @Test func `A leak whose size was in question in one scan only is reported`() throws {
        let (heap, blocks) = heap(blocks: 8)
        heap.makeFastBin(Array(blocks[..<4]), size: 0x40)
        let end = heap[blocks[3]]
        heap[blocks[3]] = (blocks[0] - 16) ^ (blocks[3] >> 12)
        // The block with the broken link is free, and the others are leaked.
        let scan = try heap.scan { heap[blocks[3]] = end }.scan
        #expect(scan.unreached.blocks == 4)
        #expect(scan.undecided.blocks == 0)
    }

    @Test func `A block of a thread's cache that was not found in it is recognised by its key`() throws {
        let (heap, blocks) = heap(blocks: 4)
        heap.makeCache(Array(blocks[..<2]), size: 0x40)
        heap[blocks[3] + 8] = heap[blocks[0] + 8]
        #expect(try heap.scan().scan.unreached.blocks == 1)
    }

    @Test func `Arenas that form no ring, and heaps that lead to each other, are not followed without end`() throws {
        let (heap, _) = heap(blocks: 2)
        let first: UInt64 = 0x7fff_e000_0000
        heap.map(first, bytes: 0x2000, .anonymous)
        let arena = first + 0x30
        (heap[first], heap[first + 8], heap[first + 0x10]) = (arena, first + 1, 0x2000)
        heap.makeBins(at: arena)
        heap[ForgedHeap.arena + 0x870] = arena
        heap[arena + 0x60] = first + 0x1000
        heap[arena + 0x870] = arena
        #expect(throws: HeapReadError.noAllocator(nil)) { try heap.scan() }
        heap[arena + 0x870] = ForgedHeap.arena
        heap[arena + 0x60] = first + (64 << 20) + 0x1000
        #expect(try heap.scan().scan.summary.losses.amounts[.inconsistent] != nil)
    }

    @Test func `A heap in which blocks are joined and split while it is read is walked to its end`() throws {
        let memory = UniformHeap(blocks: 3_000_000, changes: true)
        var search = LeakSearch()
        let scan = try search.scan(memory, memory.ranges, HeapScanInput(), progress: {})
        #expect(scan.summary.losses.isEmpty)
        #expect(scan.unreached.blocks == 1)
    }

    @Test func `An arena many of whose bins are changing is found`() throws {
        let (heap, _) = heap(blocks: 4)
        for bin in UInt64(10)..<60 { heap[ForgedHeap.arena + 0x70 + bin * 16] = ForgedHeap.heap }
        #expect(try heap.scan().scan.summary.live.blocks == 4)
    }

    @Test func `An arena whose top moves while it is read is read again`() throws {
        let (heap, _) = heap(blocks: 4)
        let (place, top) = (ForgedHeap.arena + 0x60, heap.end)
        // What is read first as the top is in a block, whose size is no size.
        heap[place] = top - 0x30
        heap.afterReads(8) { heap[place] = top }
        let scan = try heap.scan(times: 1).scan
        #expect(scan.summary.live.blocks == 4)
        #expect(scan.summary.losses.isEmpty)
    }

    @Test func `Five million blocks are walked, and one that nothing reaches is found among them`() throws {
        let memory = UniformHeap(blocks: 5_000_000)
        var search = LeakSearch()
        var pieces = 0
        for _ in 0..<2 { _ = try search.scan(memory, memory.ranges, HeapScanInput(), progress: { pieces += 1 }) }
        let groups = search.groups(memory, demangle: { $0 }, progress: {})
        #expect(pieces > 0)
        #expect(groups.groups.map(\.amount) == [HeapAmount(blocks: 1, bytes: 0x20)])
    }
}

/// A heap of blocks of the smallest size, each of which has a pointer to the next but one, made when it is read.
private final class UniformHeap: HeapMemory {
    private let base = ForgedHeap()
    private let start: UInt64 = 0x10_0000_0000
    private let end: UInt64
    let ranges: [MappedRange]

    /// Whether the first header of each piece can't be one when the piece is read first.
    private let changes: Bool
    private var seen: Set<UInt64> = []

    init(blocks: UInt64, changes: Bool = false) {
        self.changes = changes
        let end = (start + blocks * 0x20 + 0xfff) & ~0xfff
        self.end = end
        ranges =
            base.ranges.filter { $0.content != .heap } + [
                MappedRange(
                    start: Address(rawValue: start), end: Address(rawValue: end), isReadable: true, isWritable: true,
                    isExecutable: false, fileOffset: 0, content: .heap)
            ]
        base[ForgedHeap.arena + 0x60] = end - 0x20
        base[ForgedHeap.arena + 0x888] = end - start
        base[ForgedHeap.arena + 0x890] = end - start
        base[ForgedHeap.globals] = start + 0x10
    }

    func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard address.rawValue >= start, address.rawValue < end else {
            return unsafe base.read(at: address, into: buffer)
        }
        let count = min(buffer.count / 8, Int((end - address.rawValue) / 8))
        let isChanging = changes && count > 512 && seen.insert(address.rawValue).inserted
        for index in 0..<count {
            let place = address.rawValue + UInt64(index) * 8
            let word: UInt64 =
                switch place & 0x1f {
                case 8: isChanging && index < 4 ? 0 : 0x21
                // The second block has no pointer to it.
                case 0x10: place == start + 0x10 ? place + 0x40 : place + 0x20
                default: 0
                }
            unsafe buffer.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
        }
        return count * 8
    }
}
