import ObjectFiles
import ProfileModel
import Testing

@testable import Unwinding

/// Where functions begin by what code and data of a file name, whatever these claim.
@Suite struct NamedFunctionTests {
    private struct Segment {
        var isExecutable = false
        let address: UInt64
        let contents: [UInt8]
    }

    private static func object(_ segments: [Segment], budget: ParsingBudget = ParsingBudget()) throws -> ObjectFile {
        let little = ForgedObject.little
        var headers: [UInt8] = []
        var contents: [UInt8] = []
        for segment in segments {
            let size = little(UInt64(segment.contents.count), 8)
            headers += little(1, 4) + little(segment.isExecutable ? 5 : 4, 4)
            headers += little(UInt64(64 + 56 * segments.count + contents.count), 8)
            headers += little(segment.address, 8) + little(segment.address, 8) + size + size + little(1, 8)
            contents += segment.contents
        }
        var header: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        header += little(3, 2) + little(62, 2) + little(1, 4) + little(0, 8) + little(64, 8) + little(0, 8)
        header += little(0, 4) + little(64, 2) + little(56, 2) + little(UInt64(segments.count), 2)
        header += little(64, 2) + little(0, 2) + little(0, 2)
        return try ObjectFile(
            id: ObjectID(rawValue: 1), path: "forged", image: header + headers + contents, budget: budget)
    }

    /// At 0x1000, `call 0x1010`.
    private static let caller: [UInt8] = [0xe8, 0x0b, 0, 0, 0] + [UInt8](repeating: 0x90, count: 27)

    @Test func `The target of a call begins a function`() throws {
        let object = try Self.object([Segment(isExecutable: true, address: 0x1000, contents: Self.caller)])
        let found = NamedFunctions(in: object).range(covering: FileAddress(rawValue: 0x1018))
        #expect(found == FileAddress(rawValue: 0x1010)..<FileAddress(rawValue: 0x1020))
    }

    /// `pop rax` at 0x1010, and at 0x1015 a call of what follows.
    @Test func `The target of a call whose return address is taken begins none`() throws {
        var code: [UInt8] = Self.caller
        code[0x10] = 0x58
        code.replaceSubrange(0x15..<0x1a, with: [0xe8, 0, 0, 0, 0])
        let object = try Self.object([Segment(isExecutable: true, address: 0x1000, contents: code)])
        #expect(NamedFunctions(in: object).range(covering: FileAddress(rawValue: 0x101b)) == nil)
    }

    /// `jmp [rip]` and zeros up to 0x1010; behind that, the code of `_start` that takes the address 0x1010.
    @Test(arguments: [8, 9])
    func `A function begins where its address is taken, also behind zeros`(count: Int) throws {
        let stub: [UInt8] = [0xff, 0x25, 0, 0, 0, 0] + [UInt8](repeating: 0x90, count: 10 - count)
        let start: [UInt8] = [0x53, 0xeb, 0xfe, 0x31, 0xed, 0x48, 0x8d, 0x3d, 0xf4, 0xff, 0xff, 0xff, 0xf4]
        let code = stub + [UInt8](repeating: 0, count: count) + start
        let object = try Self.object([Segment(isExecutable: true, address: 0x1000, contents: code)])
        let found = NamedFunctions(in: object).range(covering: FileAddress(rawValue: 0x1011))
        #expect(found?.lowerBound == FileAddress(rawValue: 0x1010))
    }

    @Test func `A segment that is too large is not searched`() throws {
        let budget = ParsingBudget()
        let large = Self.caller + [UInt8](repeating: 0x90, count: 4 << 20)
        let object = try Self.object([Segment(isExecutable: true, address: 0x1000, contents: large)], budget: budget)
        let spent = budget.used(.bytes)
        #expect(NamedFunctions(in: object).range(covering: FileAddress(rawValue: 0x1018)) == nil)
        #expect(budget.used(.bytes) == spent)
    }

    @Test(arguments: [(0xffff_ffff_ffff_fff0, 9), (0xffff_ffff_ffff_fff0, 15), (0xffff_ffff_ffff_fff9, 6)])
    func `Data at the end of all addresses is searched to its end`(address: UInt64, size: Int) throws {
        let object = try Self.object([
            Segment(isExecutable: true, address: 0x1000, contents: Self.caller),
            Segment(address: address, contents: [UInt8](repeating: 1, count: size)),
        ])
        #expect(NamedFunctions(in: object).range(covering: FileAddress(rawValue: 0x1018)) != nil)
    }

    /// Each instruction is a call of the byte two kibibytes further on from it.
    @Test func `Code that names more functions than code has names none, and keeps no memory`() throws {
        let calls = [UInt8]([[UInt8]](repeating: [0xe8, 0, 8, 0, 0], count: 20_000).joined())
        let budget = ParsingBudget()
        let object = try Self.object([Segment(isExecutable: true, address: 0x1000, contents: calls)], budget: budget)
        let used = budget.used(.memory)
        let functions = NamedFunctions(in: object)
        #expect(functions.range(covering: FileAddress(rawValue: 0x9000)) == nil)
        #expect(budget.used(.memory) == used)
    }

    @Test func `The functions of an object that is discarded take no memory`() throws {
        let budget = ParsingBudget()
        let object = try Self.object(
            [Segment(isExecutable: true, address: 0x1000, contents: Self.caller)], budget: budget)
        let tables = UnwindTableCache()
        _ = tables.table(of: object)
        let used = budget.used(.memory)
        _ = tables.functions(in: object)
        #expect(budget.used(.memory) > used)
        tables.discard([object.id])
        #expect(budget.used(.memory) <= used)
    }
}
