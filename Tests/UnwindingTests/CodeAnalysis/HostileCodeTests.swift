import Foundation
import ObjectFiles
import ProfileModel
import Testing

@testable import Unwinding

/// Whatever code and call frame information say, they are taken to an end, within bounds.
@Suite struct HostileCodeTests {
    private static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let duration = try ContinuousClock().measure(work)
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    @Test func `Random bytes are harmless as code`() {
        var numbers = SeededNumbers(seed: 31)
        var calls = 0
        for _ in 0..<200 {
            let code = (0..<Int.random(in: 0..<300, using: &numbers)).map { _ in
                Bool.random(using: &numbers)
                    ? UInt8.random(in: 0...255, using: &numbers)
                    : [0x55, 0x90, 0xeb, 0x74, 0xe8, 0xff, 0x48, 0x83, 0xe4].randomElement(using: &numbers) ?? 0
            }
            calls += Unwinder.analyseEverything(in: code)
        }
        #expect(calls > 100)
    }

    /// Each conditional jump is a place where paths meet, and each `call rax` one whose layout is kept.
    @Test(
        arguments: [[0x74, 0x00], [0x70, 0xfe], [0xff, 0xd0], [0x50], [0xeb, 0x00], [0x48, 0x83, 0xe4, 0xfc]]
            as [[UInt8]])
    func `A large function of one kind of instruction is taken to an end in seconds`(instruction: [UInt8]) {
        let code = [UInt8]([[UInt8]](repeating: instruction, count: 8 * 1024 / instruction.count).joined())
        // Debug builds take some thirty times as long as others, and the machine may be busy.
        #expect(Self.seconds { Unwinder.analyseEverything(in: code) } < 60)
    }

    @Test func `Analysis has no result when it would exceed its budget`() throws {
        let budget = WorkBudget()
        let code = [UInt8](repeating: 0x50, count: 1000) + [0xe8, 0, 1, 0, 0]
        let object = try ForgedObject(code: code)
        let context = UnwindContext(addressSpace: object.addressSpace, tables: UnwindTableCache())
        let start = Address(rawValue: ForgedObject.address(0))
        let range = start..<start.advanced(by: UInt64(code.count))
        let function = try #require(FunctionCode(of: range, in: context.code, budget: budget))
        #expect(FrameAnalysis.result(of: function, at: [], budget: budget).layouts.count == 1)
        #expect(budget.allows(.followingPaths, 3_998_500))
        #expect(FrameAnalysis.result(of: function, at: [], budget: budget).layouts.isEmpty)
        #expect(budget.isExhausted(.followingPaths))
        #expect(budget.allows(.decodingBytes, 1024 * 1024 - 2 * code.count))
        #expect(FunctionCode(of: range, in: context.code, budget: budget) != nil)
        #expect(FunctionCode(of: range, in: context.code, budget: budget) == nil)
    }

    @Test func `What exceeds its budget stays refused until the next stack`() {
        let budget = WorkBudget()
        #expect(budget.allows(.decodingBytes, 1024 * 1024))
        #expect(!budget.isExhausted(.decodingBytes))
        #expect(!budget.allows(.decodingBytes))
        #expect(budget.isExhausted(.decodingBytes))
        #expect(!budget.allows(.decodingBytes, 0))
        #expect(budget.allows(.searchingWords))
        budget.reset()
        #expect(budget.allows(.decodingBytes))
    }

    @Test func `An entry that is beyond the work of one stack is refused as that`() throws {
        let object = try ForgedObject(frames: ForgedObject.frames([]))
        let context = UnwindContext(addressSpace: object.addressSpace, tables: UnwindTableCache())
        let leaf = Address(rawValue: ForgedObject.address(0x10))
        _ = try context.code.entry(covering: leaf)
        #expect(!context.budget.allows(.checkingInstructions, 1 << 20))
        #expect(throws: MappedCode.Failure.workLimit) { try context.code.entry(covering: leaf) }
    }

    /// Frames whose entries are as long as they may be: libunwind is given a mebibyte of them for one stack.
    @Test func `Long entries truncate a stack`() throws {
        let instructions = [UInt8](repeating: 0x00, count: 60_000)
        var frames: [UInt8] = []
        let common = ForgedObject.record(ForgedObject.little(0, 4) + [1, 0, 1, 0x78, 16] + ForgedObject.standard)
        frames += common
        for index in 0..<32 as Range<UInt64> {
            let pointer = UInt64(frames.count + 4)
            let range = ForgedObject.little(ForgedObject.code + 8 * index, 8) + ForgedObject.little(8, 8)
            frames += ForgedObject.record(ForgedObject.little(pointer, 4) + range + instructions)
            guard frames.count < 0xe_0000 else { break }
        }
        let object = try ForgedObject(frames: Array(frames.prefix(0xf_0000)))
        let words = (0..<64 as Range<UInt64>).map { ForgedObject.address(8 * ($0 % 14) + 4) }
        let time = try Self.seconds {
            let stack = try object.unwind(ForgedObject.snapshot(at: 4, stack: words))
            #expect(stack.frames.count > 2)
            #expect(stack.ending != .rootReached)
        }
        #expect(time < 60)
    }
}
