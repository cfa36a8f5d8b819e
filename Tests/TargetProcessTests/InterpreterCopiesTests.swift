import ProfileModel
import Testing

@testable import TargetProcess

/// What is copied of an interpreter by the worker's plan, from memory made for the test.
@Suite struct InterpreterCopiesTests {
    /// Words at addresses; what isn't there is zero within its range, and can't be read outside.
    private final class Memory: StackMemory {
        var words: [UInt64: UInt64] = [:]
        var range: Range<UInt64> = 0x1000..<0x80_0000
        private(set) var reads: [UInt64] = []

        func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            reads.append(address.rawValue)
            guard range.contains(address.rawValue) else { return 0 }
            // Safe: the bytes are within the buffer.
            let count = min(buffer.count, Int(range.upperBound - address.rawValue))
            for offset in 0..<count {
                let place = address.rawValue + UInt64(offset)
                let word = words[place & ~7] ?? 0
                unsafe buffer[offset] = UInt8(truncatingIfNeeded: word >> (8 * (place & 7)))
            }
            return count
        }
    }

    private typealias Step = InterpreterPlan.Step

    private let memory = Memory()

    private func copies(_ steps: [Step], known: [UInt64: UInt64] = [:]) throws -> [StackWindow] {
        var copies = InterpreterCopies()
        let plan = try #require(InterpreterPlan(steps: steps))
        copies.copy(by: plan, of: memory) { known[$0.rawValue] }
        let taken = copies.take()
        #expect(copies.take().isEmpty)
        return taken
    }

    private func place(_ address: UInt64, _ offsets: UInt32...) -> InterpreterPlan.Place {
        InterpreterPlan.Place(Address(rawValue: address), following: offsets)
    }

    private func extents(_ windows: [StackWindow]) -> [Range<UInt64>] {
        windows.map { $0.base.rawValue..<$0.end.rawValue }
    }

    /// A list whose elements have the address of the next one at offset 8.
    private func putList(_ elements: [UInt64], last: UInt64 = 0) {
        for (element, next) in zip(elements, elements.dropFirst() + [last]) { memory.words[element + 8] = next }
    }

    @Test func `Bytes are copied where pointers lead`() throws {
        memory.words = [0x2018: 0x3000, 0x3020: 0x4000]
        #expect(extents(try copies([.bytes(at: place(0x2000), count: 24)])) == [0x2000..<0x2018])
        #expect(extents(try copies([.bytes(at: place(0x2000, 0x18, 0x20), count: 8)])) == [0x4000..<0x4008])
    }

    @Test func `Of a range that is too long, the highest bytes are copied`() throws {
        memory.words = [0x2000: 0x3000, 0x2008: 0x3800]
        for (limit, start) in [(4096, 0x3000), (256, 0x3700)] as [(UInt32, UInt64)] {
            let range = Step.range(from: place(0x2000, 0), to: place(0x2000, 8), limit: limit)
            #expect(extents(try copies([range])) == [start..<0x3800])
        }
    }

    @Test func `A range from above to below is none`() throws {
        memory.words = [0x2000: 0x3000, 0x2008: 0x2800]
        #expect(try copies([.range(from: place(0x2000, 0), to: place(0x2000, 8), limit: 4096)]).isEmpty)
        #expect(try copies([.range(from: place(0x2000, 0), to: place(0x2000, 0), limit: 4096)]).isEmpty)
    }

    @Test func `Of a list, what was copied before isn't copied again`() throws {
        putList([0x3000, 0x3020, 0x5000])
        memory.words[0x2000] = 0x3000
        let list = Step.list(first: place(0x2000, 0), next: 8, count: 32, limit: 1024)
        #expect(extents(try copies([list])) == [0x3000..<0x3020, 0x3020..<0x3040, 0x5000..<0x5020])
        #expect(
            extents(try copies([.bytes(at: place(0x3000), count: 64), list])) == [0x3000..<0x3040, 0x5000..<0x5020])
    }

    @Test func `Words of the stack are taken from its copy, of the same time`() throws {
        memory.words = [0x2018: 0x3000]
        let windows = try copies([.bytes(at: place(0x2000, 0x18), count: 8)], known: [0x2018: 0x6000])
        #expect(extents(windows) == [0x6000..<0x6008])
        putList([0x3000, 0x7008])
        let list = try copies([.list(first: place(0x3000), next: 8, count: 16, limit: 9)], known: [0x7010: 0x4000])
        #expect(extents(list) == [0x3000..<0x3010, 0x4000..<0x4010])
    }

    @Test func `A word that was copied isn't read again`() throws {
        memory.words = [0x2018: 0x3000]
        _ = try copies([.bytes(at: place(0x2000), count: 64), .bytes(at: place(0x2000, 0x18), count: 8)])
        #expect(memory.reads == [0x2000, 0x3000])
    }

    @Test(arguments: [0, 1, 0x7F_FFFC, UInt64.max - 7, .max])
    func `A pointer to nowhere costs its own step only`(pointer: UInt64) throws {
        memory.words = [0x2000: pointer, 0x2008: pointer]
        let windows = try copies([
            .bytes(at: place(0x2000, 0, 0), count: 8), .range(from: place(0x2000, 0), to: place(0x2000, 8), limit: 64),
            .list(first: place(0x2000, 0, 0), next: 8, count: 16, limit: 1024), .bytes(at: place(0x3000), count: 8),
        ])
        #expect(extents(windows) == [0x3000..<0x3008])
    }

    @Test func `A copy that ends early ends its list`() throws {
        putList([0x7F_FFF0, 0x3000])
        let windows = try copies([.list(first: place(0x7F_FFF0), next: 8, count: 32, limit: 9)])
        #expect(extents(windows) == [0x7F_FFF0..<0x80_0000])
    }

    @Test func `A list in a circle ends`() throws {
        putList([0x3000, 0x4000], last: 0x3000)
        let windows = try copies([.list(first: place(0x3000), next: 8, count: 16, limit: 1024)])
        #expect(extents(windows) == [0x3000..<0x3010, 0x4000..<0x4010])
    }

    @Test func `No more elements are visited, copied or copied bytes of than plans may`() throws {
        putList((0..<2000).map { 0x3000 + 0x20 * $0 })
        let few = try copies([.list(first: place(0x3000), next: 8, count: 16, limit: 5)])
        #expect(few.count == 5)
        let many = try copies([.list(first: place(0x3000), next: 8, count: 16, limit: 1024)])
        #expect(many.count == InterpreterPlan.copyLimit)
        let large = try copies([.list(first: place(0x3000), next: 8, count: 4096, limit: 1024)])
        #expect(large.reduce(0) { $0 + $1.bytes.count } <= InterpreterPlan.largestCopy)
        let whole = UInt32(InterpreterPlan.largestCopy)
        let full = try copies([
            .bytes(at: place(0x3000), count: whole - 8), .bytes(at: place(0x5_0000), count: 16),
            .bytes(at: place(0x6_0000), count: 8),
        ])
        #expect(extents(full) == [0x3000..<0x3000 + UInt64(whole) - 8, 0x6_0000..<0x6_0008])
    }

    @Test func `What elements don't have of a list's next address ends it`() throws {
        putList([0x3000, 0x4000])
        let windows = try copies([.list(first: place(0x3000), next: 64, count: 16, limit: 1024)])
        #expect(extents(windows) == [0x3000..<0x3010])
    }

    @Test func `Plans that ask for more than they may are none`() {
        let most = UInt32(InterpreterPlan.largestCopy)
        let far = place(1, 1, 2, 3, 4, 5)
        let steps: [Step] = [
            .bytes(at: place(1), count: most + 1), .bytes(at: far, count: 1),
            .range(from: place(1), to: place(2), limit: .max), .range(from: place(1), to: far, limit: 1),
            .list(first: place(1), next: most + 1, count: 1, limit: 1),
            .list(first: place(1), next: 0, count: 1, limit: InterpreterPlan.elementLimit + 1),
            .list(first: place(1), next: 0, count: .max, limit: 1),
        ]
        for step in steps { #expect(InterpreterPlan(steps: [step]) == nil) }
        #expect(InterpreterPlan(steps: []) == nil)
        let small = Step.bytes(at: place(1), count: 1)
        let limit = InterpreterPlan.stepLimit
        #expect(InterpreterPlan(steps: Array(repeating: small, count: limit)) != nil)
        #expect(InterpreterPlan(steps: Array(repeating: small, count: limit + 1)) == nil)
    }
}
