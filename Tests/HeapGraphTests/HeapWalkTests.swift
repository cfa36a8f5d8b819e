import ProfileModel
import Testing

@testable import HeapGraph

/// Walking forged heaps: what is in use, and what is free.
@Suite struct HeapWalkTests {
    @Test(arguments: [ForgedHeap.Layout.v2_26, .v2_31, .v2_36, .v2_43])
    func `Blocks are counted by what the header behind each says, in each layout of an arena`(
        layout: ForgedHeap.Layout
    ) throws {
        let heap = ForgedHeap(layout)
        heap.block(0x30)
        heap.block(0x90, isInUse: false)
        heap.block(0x410)
        let summary = try heap.scan().scan.summary
        #expect(summary.live == HeapAmount(blocks: 2, bytes: 0x440))
        #expect(summary.free.bytes == 0x4_0000 - 0x440)
        #expect(summary.arenas.map(\.isMain) == [true])
        #expect(summary.losses.isEmpty)
    }

    @Test(arguments: [ForgedHeap.Layout.v2_31, .v2_36])
    func `Blocks in fast bins and in a thread's cache are free, whether their links are mangled or not`(
        layout: ForgedHeap.Layout
    ) throws {
        let heap = ForgedHeap(layout)
        let blocks = (0..<8).map { _ in heap.block(0x40) }
        heap.makeFastBin(Array(blocks[..<3]), size: 0x40)
        heap.makeCache(Array(blocks[3..<5]), size: 0x40)
        let summary = try heap.scan().scan.summary
        #expect(summary.live == HeapAmount(blocks: 4, bytes: 3 * 0x40 + 0x290))
        #expect(summary.cached == HeapAmount(blocks: 2, bytes: 0x80))
        #expect(summary.losses.isEmpty)
    }

    @Test func `A thread's arena has several heaps, of which all but the last end with two headers that are no blocks`()
        throws
    {
        let heap = ForgedHeap()
        let (first, second): (UInt64, UInt64) = (0x7fff_e000_0000, 0x7fff_e800_0000)
        heap.map(first, bytes: 0x2000, .anonymous)
        heap.map(second, bytes: 0x2000, .anonymous)
        let arena = first + 0x30
        (heap[first], heap[first + 0x10], heap[first + 0x18]) = (arena, 0x2000, 0x2000)
        (heap[second], heap[second + 8], heap[second + 0x10], heap[second + 0x18]) = (arena, first, 0x2000, 0x2000)
        heap.makeBins(at: arena)
        heap[ForgedHeap.arena + 0x870] = arena
        heap[arena + 0x870] = ForgedHeap.arena
        heap[arena + 0x60] = second + 0x30 + 0x100
        (heap[arena + 0x888], heap[arena + 0x890]) = (0x4000, 0x4000)
        // The first heap: one block, one that was the top and is too small to be used, a header without a size.
        let start = first + 0x8d0
        heap[start + 8] = 0x2000 - 0x8d0 - 0x30 | 5
        heap[first + 0x2000 - 0x30 + 8] = 0x20 | 1
        heap[first + 0x2000 - 0x10 + 8] = 0 | 1
        // The second: a block and the top.
        heap[second + 0x30 + 8] = 0x100 | 5
        heap[second + 0x30 + 0x108] = 0x2000 - 0x130 | 1
        let summary = try heap.scan().scan.summary
        #expect(summary.arenas.count == 2)
        #expect(summary.live == HeapAmount(blocks: 2, bytes: 0x2000 - 0x8d0 - 0x30 + 0x100))
        #expect(summary.losses.isEmpty)
    }

    @Test func `Blocks that were mapped one by one are found, aligned ones too, in one mapping of the kernel's`() throws
    {
        let heap = ForgedHeap()
        let start: UInt64 = 0x7fff_f000_0000
        heap.map(start, bytes: 0x8_0000, .anonymous)
        heap[start + 8] = 0x2_1000 | 2
        (heap[start + 0x2_1000 + 0xff0], heap[start + 0x2_1000 + 0xff8]) = (0xff0, 0x3_0010 | 2)
        let (scan, groups) = try heap.scan()
        #expect(scan.summary.mapped == HeapAmount(blocks: 2, bytes: 0x2_1000 + 0x3_0010))
        #expect(groups.map(\.size) == [0x3_0000, 0x2_0ff0])
    }

    @Test func `A process without arenas has no heap to read, and its allocator is named where it is known`() throws {
        let heap = ForgedHeap()
        heap[ForgedHeap.arena + 0x870] = 0
        #expect(throws: HeapReadError.noAllocator(nil)) { try heap.scan() }
        heap.map(0x7000_0000_0000, bytes: 0x1000, .file(path: "/usr/lib/libjemalloc.so.2", nil))
        #expect(throws: HeapReadError.noAllocator(.jemalloc)) { try heap.scan() }
    }

    @Test func `A set of bits finds what comes before and after as a set does`() {
        var numbers = SystemRandomNumberGenerator()
        var (bits, set) = (Bitmap(count: 40_000), Set<Int>())
        for _ in 0..<60 {
            let element = Int.random(in: 0..<40_000, using: &numbers)
            bits.insert(element)
            set.insert(element)
        }
        for element in set.prefix(20) {
            bits.remove(element)
            set.remove(element)
        }
        for index in stride(from: 0, to: 40_000, by: 61) {
            #expect(bits.last(atOrBefore: index) == set.filter { $0 <= index }.max())
            #expect(bits.next(from: index, to: 39_000) == set.filter { $0 >= index && $0 < 39_000 }.min())
        }
    }
}
