import ProfileModel
import Testing

@testable import TargetProcess

/// What a stopped thread's plans copy, from memory made for the test.
@Suite struct PlannedCopyTests {
    /// Each word holds its own address.
    private struct Memory: StackMemory {
        let range: Range<UInt64>

        func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            guard range.contains(address.rawValue) else { return 0 }
            // Safe: the bytes are within the buffer.
            let count = min(buffer.count, Int(range.upperBound - address.rawValue))
            for offset in 0..<count {
                let byte = address.rawValue + UInt64(offset)
                unsafe buffer[offset] = UInt8(truncatingIfNeeded: (byte & ~7) >> (8 * (byte & 7)))
            }
            return count
        }
    }

    private static let stack: UInt64 = 0x10_0000
    private let memory = Memory(range: 0x10_0000..<0x80_0000)

    private func copies(_ steps: [[CopyPlan.Step]], room: [CopyPlan]? = nil) throws -> [StackWindow] {
        let copier = StackCopier(room: 4096)
        let start = Address(rawValue: Self.stack)
        let plans = try steps.map { try #require(CopyPlan(stack: start..<start.advanced(by: 1), steps: $0)) }
        copier.makeRoom(for: ThreadPlans(stacks: room ?? plans, interpreter: nil))
        copier.copy(from: start, of: memory, top: nil, limit: 4096)
        copier.copy(by: ThreadPlans(stacks: plans, interpreter: nil), NativeRegisters(), of: memory) { _ in
            Address(rawValue: memory.range.upperBound)
        }
        return copier.takeOthers()
    }

    private func step(_ place: UInt64, _ count: Int, start: Int64 = 0, offsets: [Int64] = []) -> CopyPlan.Step {
        CopyPlan.Step(origin: .address(Address(rawValue: place)), offsets: offsets, start: start, byteCount: count)
    }

    @Test func `A place is copied from there up`() throws {
        let windows = try copies([[step(0x40_0000, 8192)]])
        #expect(windows.map(\.base.rawValue) == [0x40_0000])
        #expect(windows.first?.bytes.count == 8192)
        #expect(windows.first?.word(at: Address(rawValue: 0x40_1ff8)) == 0x40_1ff8)
    }

    @Test func `No more is copied than the mapping holds`() throws {
        let windows = try copies([[step(0x7f_f000, 1 << 20)]])
        #expect(windows.first?.end.rawValue == 0x80_0000)
    }

    @Test func `A place can be the first pointer of a chain`() throws {
        let windows = try copies([[step(0x40_0000, 64, start: -16, offsets: [32])]])
        #expect(windows.map(\.base.rawValue) == [0x40_0010])
    }

    @Test(arguments: [0, 8, .max, .max - 63, 1 << 63] as [UInt64])
    func `A place that can't be read costs its own copy only`(place: UInt64) throws {
        let windows = try copies([[step(place, 64), step(0x40_0000, 64)], [step(0x50_0000, 64)]])
        #expect(windows.map(\.base.rawValue) == [0x40_0000, 0x50_0000])
    }

    @Test func `However much plans ask for, all copies of a thread have a limit`() throws {
        let largest = CopyPlan.largestCopy
        let steps = (0..<6).map { step(0x10_0000 + $0 * 0x10_0000, largest) }
        let windows = try copies([steps, steps, steps, steps])
        #expect(windows.reduce(0) { $0 + $1.bytes.count } == 2 * largest)
        #expect(windows.count <= CopyPlan.stepLimit)
    }

    @Test func `What there was no room for is there next time`() throws {
        let copier = StackCopier(room: 4096)
        let start = Address(rawValue: Self.stack)
        let plan = try #require(
            CopyPlan(stack: start..<start.advanced(by: 1), steps: [step(0x20_0000, 65536), step(0x40_0000, 65536)]))
        var counts: [[Int]] = []
        for _ in 0..<2 {
            copier.copy(from: start, of: memory, top: nil, limit: 4096)
            copier.copy(by: ThreadPlans(stacks: [plan], interpreter: nil), NativeRegisters(), of: memory) { _ in nil }
            counts.append(copier.takeOthers().map(\.bytes.count))
        }
        #expect(counts == [[65536], [65536, 65536]])
    }
}
