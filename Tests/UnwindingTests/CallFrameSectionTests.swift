import ProfileModel
import Testing

@testable import Unwinding

@Suite struct CallFrameSectionTests {
    private typealias Forge = ForgedObject

    private func section(_ bytes: [UInt8]) -> CallFrameSection { CallFrameSection(form: .debugFrames(bytes)) }

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

    @Test func `Entries follow one another`() throws {
        let section = section(Self.common + description(common: 0))
        let (first, next) = try section.entry(at: 0)
        #expect(first == .commonInformation)
        #expect(next == UInt64(Self.common.count))
        #expect(try section.entry(at: next).entry == .description(start: FileAddress(rawValue: 0x1000), position: next))
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
    func `Lengths that go beyond the section are refused`(bytes: [UInt8]) {
        #expect(throws: CallFrameError.self) { try section(bytes).entry(at: 0) }
    }

    @Test func `Versions and address sizes that nobody writes are refused`() {
        for fields in [[2, 0, 8, 0], [5, 0, 8, 0], [4, 0, 4, 0], [4, 0, 8, 2]] as [[UInt8]] {
            let common = Forge.record(Forge.little(0xffff_ffff, 4) + fields + [1, 0x78, 16] + Forge.standard)
            #expect(throws: CallFrameError.self) {
                try section(common + description(common: 0)).description(at: UInt64(common.count))
            }
        }
    }

    @Test func `Sections of random bytes are read to an end`() {
        var numbers = SeededNumbers(seed: 5)
        for _ in 0..<500 {
            let size = Int.random(in: 0..<200, using: &numbers)
            let section = section((0..<size).map { _ in UInt8.random(in: 0...40, using: &numbers) })
            var position: UInt64 = 0
            while let (_, next) = try? section.entry(at: position) {
                #expect(next > position)
                position = next
            }
        }
    }
}
