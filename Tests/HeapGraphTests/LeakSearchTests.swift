import HeapGraph
import ProfileModel
import Testing

/// Which blocks of forged heaps nothing reaches.
@Suite struct LeakSearchTests {
    private func sizes(_ groups: [BlockGroup]) -> [UInt64] { groups.compactMap(\.size).sorted() }

    @Test func `What data, a stack, a register or another block leads to is no leak, by its middle or its end either`()
        throws
    {
        let heap = ForgedHeap()
        let leaf = heap.block(0x20)
        let inner = heap.block(0x30, containing: [leaf])
        heap[ForgedHeap.globals + 0x100] = inner + 0x10
        let onStack = heap.block(0x40)
        heap[ForgedHeap.stack + 0x4000] = onStack + 0x38
        let inRegister = heap.block(0x50)
        heap.block(0x60)
        let input = HeapScanInput(
            stackPointers: [Address(rawValue: ForgedHeap.stack + 0x3f00)], registers: [inRegister])
        #expect(try sizes(heap.scan(input).groups) == [0x58])
    }

    @Test func `Blocks that lead to each other are leaks`() throws {
        let heap = ForgedHeap()
        let first = heap.block(0x20)
        let second = heap.block(0x30, containing: [first])
        heap[first] = second
        #expect(try sizes(heap.scan().groups) == [0x18, 0x28])
    }

    @Test func `What lies below a sleeping thread's red zone leads to nothing`() throws {
        let heap = ForgedHeap()
        let (stale, red) = (heap.block(0x20), heap.block(0x30))
        let pointer = ForgedHeap.stack + 0x2000
        heap[pointer - 136] = stale
        heap[pointer - 128] = red
        let asleep = HeapScanInput(stackPointers: [Address(rawValue: pointer)])
        #expect(try sizes(heap.scan(asleep).groups) == [0x18])
        #expect(try heap.scan().groups.isEmpty)
    }

    @Test func `Free blocks, threads' caches and arenas lead to nothing`() throws {
        let heap = ForgedHeap()
        let leaked = heap.block(0x20)
        heap.block(0x40, isInUse: false, containing: [leaked])
        let cached = heap.block(0x30)
        heap.makeCache([cached], size: 0x30)
        heap[cached + 0x18] = leaked
        heap[ForgedHeap.arena + 0x878] = leaked
        #expect(try sizes(heap.scan().groups) == [0x18])
    }

    @Test func `A block that changes between scans, or that the second one reaches, is no leak`() throws {
        let heap = ForgedHeap()
        let (changing, moved) = (heap.block(0x20), heap.block(0x30))
        heap.block(0x40)
        let found = try heap.scan {
            heap[changing + 8] = 7
            heap[ForgedHeap.globals] = moved
        }
        #expect(sizes(found.groups) == [0x38])
    }

    @Test func `A Swift object leads to its side table`() throws {
        let heap = ForgedHeap()
        let table = heap.block(0x30)
        let object = heap.block(0x40)
        heap[object + 8] = 3 << 62 | table >> 3
        heap[ForgedHeap.globals] = object
        #expect(try heap.scan().scan.unreached.blocks == 0)
    }

    @Test func `Leaks are grouped by their size and by how they begin`() throws {
        let heap = ForgedHeap()
        // "user=1\0", then "user=2\0".
        for digit in [UInt64(0x31), 0x32] { heap.block(0x40, containing: [0x3d_7265_7375 | digit << 40]) }
        heap.block(0x40)
        heap.block(0x40, containing: [5])
        let groups = try heap.scan().groups
        #expect(Set(groups.map(\.content)) == [.text, .zeros, .other])
        let amount = HeapAmount(blocks: 2, bytes: 0x80)
        #expect(groups.first == BlockGroup(content: .text, size: 0x38, amount: amount, sample: "user=1"))
    }
}
