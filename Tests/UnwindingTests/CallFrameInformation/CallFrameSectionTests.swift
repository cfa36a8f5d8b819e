import ObjectFiles
import ProfileModel
import Testing

@testable import Unwinding

@Suite struct CallFrameSectionTests {
    private typealias Forge = ForgedObject

    private func section(_ bytes: [UInt8]) -> CallFrameSection {
        CallFrameSection(form: .debugFrames(.decompressed(bytes)))
    }

    private func scan(_ bytes: [UInt8]) -> CallFrameScan { CallFrameScan(section(bytes), budget: ParsingBudget()) }

    private static let common = Forge.record(Forge.little(0xffff_ffff, 4) + [4, 0, 8, 0, 1, 0x78, 16] + Forge.standard)

    private func description(common: UInt64, start: UInt64 = 0x1000, length: UInt64 = 0x100) -> [UInt8] {
        Forge.record(Forge.little(common, 4) + Forge.little(start, 8) + Forge.little(length, 8) + [0x0e, 16])
    }

    @Test func `A description is joined with its common entry`() throws {
        let found = try section(Self.common + description(common: 0)).description(at: UInt64(Self.common.count))
        #expect(found.start == FileAddress(rawValue: 0x1000))
        #expect(found.end == FileAddress(rawValue: 0x1100))
        #expect(found.instructions == [0x0e, 16])
        #expect(found.common.instructions == Forge.standard)
        #expect(found.common.dataAlignment == -8)
        #expect(found.common.returnAddressColumn == 16)
    }

    @Test func `Descriptions of code are found behind one another, and those of nothing left out`() throws {
        let empty = description(common: 0, length: 0)
        var scan = scan(Self.common + description(common: 0) + empty + description(common: 0, start: 0x2000))
        let first = try #require(try scan.next())
        #expect(first.start == FileAddress(rawValue: 0x1000))
        #expect(first.position == UInt64(Self.common.count))
        let second = try #require(try scan.next())
        #expect(second.start == FileAddress(rawValue: 0x2000))
        #expect(second.position == first.position + UInt64(2 * empty.count))
        #expect(try scan.next() == nil)
    }

    @Test func `A description whose common entry is itself, or another description, is refused`() throws {
        let start = UInt64(Self.common.count)
        for common in [start, start + 4, 1 << 31] {
            #expect(throws: CallFrameError.self) {
                try section(Self.common + description(common: common)).description(at: start)
            }
        }
    }

    @Test(
        arguments: [
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0], [0xff, 0xff, 0xff], [],
            [0xf0, 0xff, 0xff, 0xff, 0, 0, 0, 0],
        ] as [[UInt8]])
    func `Lengths that go beyond the section are refused`(bytes: [UInt8]) throws {
        #expect(throws: CallFrameError.self) { try section(bytes).description(at: 0) }
        var scan = scan(bytes)
        #expect(try scan.next() == nil)
    }

    @Test func `Versions and address sizes that nobody writes are refused`() {
        for fields in [[2, 0, 8, 0], [5, 0, 8, 0], [4, 0, 4, 0], [4, 0, 8, 2]] as [[UInt8]] {
            let common = Forge.record(Forge.little(0xffff_ffff, 4) + fields + [1, 0x78, 16] + Forge.standard)
            #expect(throws: CallFrameError.self) {
                try section(common + description(common: 0)).description(at: UInt64(common.count))
            }
        }
    }

    @Test func `Sections of random bytes are read to an end`() throws {
        var numbers = SeededNumbers(seed: 5)
        for _ in 0..<500 {
            let size = Int.random(in: 0..<200, using: &numbers)
            var scan = scan((0..<size).map { _ in UInt8.random(in: 0...40, using: &numbers) })
            var position: UInt64?
            while let description = try scan.next() {
                #expect(position.map { description.position > $0 } ?? true)
                position = description.position
            }
        }
    }

    @Test func `A section of nothing but empty entries costs its entries, and ends where the budget does`() throws {
        let count = 1 << 17
        // Common information of nothing but its identifier.
        let bytes = Array(repeatElement([4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff] as [UInt8], count: count).joined())
        let budget = ParsingBudget()
        var scan = CallFrameScan(section(bytes), budget: budget)
        #expect(try scan.next() == nil)
        #expect((count...count + 2048).contains(budget.used(.entries)))
        let small = ParsingBudget(ParsingBudget.Limits(entries: 10_000))
        var refused = CallFrameScan(section(bytes), budget: small)
        #expect(throws: BudgetExhausted(resource: .entries, limit: 10_000)) { try refused.next() }
        #expect(small.refusals == [.entries: 1])
    }

    @Test func `Descriptions with common information of their own cost more than those that share it`() throws {
        let count = 5000
        let shared = (0..<count).flatMap { description(common: 0, start: 0x1000 * UInt64($0 + 1)) }
        #expect(try cost(ofDescriptions: count, Self.common + shared) < count + 2048)
        let each = (0..<count).flatMap { index -> [UInt8] in
            let position = UInt64(index * (Self.common.count + description(common: 0).count))
            return Self.common + description(common: position, start: 0x1000 * UInt64(index + 1))
        }
        #expect((64 * count...66 * count + 2048).contains(try cost(ofDescriptions: count, each)))
    }

    private func cost(ofDescriptions count: Int, _ bytes: [UInt8]) throws -> Int {
        let budget = ParsingBudget()
        var scan = CallFrameScan(section(bytes), budget: budget)
        var found = 0
        while try scan.next() != nil { found += 1 }
        #expect(found == count)
        return budget.used(.entries)
    }
}
