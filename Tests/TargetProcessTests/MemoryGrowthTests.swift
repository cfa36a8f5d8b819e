import ProcFS
import ProfileModel
import TargetProcess
import Testing

/// What grew between two looks at an address space.
@Suite struct MemoryGrowthTests {
    private func breakdown(
        _ ranges: [(range: String, name: String, resident: Int)], stacks: [ThreadID: Address] = [:]
    ) throws -> MemoryBreakdown {
        let text = ranges.map { range, name, resident in
            let inode = name.hasPrefix("/") ? 7 : 0
            let isShared = name.hasPrefix("/dev/shm/")
            return "\(range) rw-\(isShared ? "s" : "p") 00000000 00:00 \(inode) \(name)\nRss: \(resident) kB\n"
                + "Anonymous: \(isShared ? 0 : resident) kB\n"
        }
        return MemoryBreakdown(try Smaps(parsing: Array(text.joined().utf8)), stackPointers: stacks)
    }

    @Test func `A range that moved its end is the same range`() throws {
        let before = try breakdown([("1000-3000", "[heap]", 8), ("9000-a000", "[stack]", 4)])
        let after = try breakdown([("1000-8000", "[heap]", 28), ("8800-a000", "[stack]", 4)])
        let growth = MemoryGrowth(from: before, to: after)
        #expect(growth.changes.map(\.kind) == [.heap])
        #expect(growth.changes.first?.growth == 20 << 10)
    }

    @Test func `Ranges that were joined or split are compared as one`() throws {
        let before = try breakdown([("1000-2000", "", 4), ("3000-4000", "", 4)])
        let after = try breakdown([("1000-4000", "", 12)])
        #expect(MemoryGrowth(from: before, to: after).changes.map(\.growth) == [4 << 10])
        #expect(MemoryGrowth(from: after, to: before).changes.map(\.growth) == [-4 << 10])
    }

    @Test func `A file is one place however often it is mapped`() throws {
        let before = try breakdown([("1000-2000", "/lib/a.so", 4), ("2000-3000", "", 4), ("3000-4000", "/lib/a.so", 0)])
        let after = try breakdown([("1000-2000", "/lib/a.so", 4), ("2000-3000", "", 4), ("3000-4000", "/lib/a.so", 3)])
        #expect(before.regions.count == 2)
        #expect(before.regions.first?.mappings == 2)
        let growth = MemoryGrowth(from: before, to: after)
        #expect(growth.changes.map(\.name) == ["/lib/a.so"])
        #expect(growth.changes.first?.growth == 3 << 10)
    }

    @Test func `New ranges grew and lost ones shrank, the greatest growth first`() throws {
        let before = try breakdown([("1000-2000", "", 4), ("5000-6000", "/dev/shm/x", 2)])
        let after = try breakdown([("3000-4000", "", 3), ("5000-6000", "/dev/shm/x", 4), ("8000-9000", "[heap]", 4)])
        let changes = MemoryGrowth(from: before, to: after).changes
        #expect(changes.map(\.kind) == [.heap, .anonymous, .shared, .anonymous])
        #expect(changes.map(\.growth) == [4 << 10, 3 << 10, 2 << 10, -4 << 10])
    }

    @Test func `A thread's stack is where its stack pointer is`() throws {
        let thread = ThreadID(rawValue: 77)
        let memory = try breakdown(
            [("1000-2000", "", 4), ("2000-3000", "", 4)], stacks: [thread: Address(rawValue: 0x1800)])
        #expect(memory.regions.map(\.kind) == [.stacks, .anonymous])
        #expect(memory.regions.first?.thread == thread)
        #expect(memory.amount(of: .stacks).resident == 4 << 10)
        #expect(memory.total.resident == 8 << 10)
    }
}
