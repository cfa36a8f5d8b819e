import ObjectFiles
import ProfileModel
import Testing

@testable import Unwinding

/// What unwinding makes of single call frame instructions.
@Suite struct CallFrameRuleTests {
    /// One frame of the forged code, and a caller at offset 0x80 of it whose return address is undefined.
    private func stack(
        _ instructions: [UInt8], common: [UInt8] = ForgedObject.standard, returnAddressColumn: UInt8 = 16,
        framePointer: UInt64 = 0
    ) throws -> RawStack {
        let undefinedFromHalf: [UInt8] = [0x02, 0x40, 0x07, 16]
        let frames = ForgedObject.frames(
            common: common, instructions + undefinedFromHalf, returnAddressColumn: returnAddressColumn)
        let object = try ForgedObject(frames: frames)
        let words = [ForgedObject.address(0x80), 0, 0, ForgedObject.address(0x80)]
        return try object.unwind(ForgedObject.snapshot(at: 0x10, stack: words, framePointer: framePointer))
    }

    @Test func `A frame without instructions of its own follows the common ones`() throws {
        let stack = try stack([])
        #expect(stack.frames.map(\.address.value.rawValue) == [0x10, 0x80].map(ForgedObject.address))
        #expect(stack.ending == .rootReached)
    }

    @Test(
        arguments: [
            [0x0c, 6, 16],  // def_cfa rbp+16
            [0x0d, 6, 0x0e, 16],  // def_cfa_register, def_cfa_offset
            [0x0f, 2, 0x76, 16],  // def_cfa_expression: breg6 16
            [0x0f, 5, 0x76, 0, 0x23, 16, 0x96],  // breg6 0, plus_uconst 16, nop
        ] as [[UInt8]])
    func `The frame's address may come from another register or an expression`(rule: [UInt8]) throws {
        let stack = try stack(rule, framePointer: ForgedObject.stack + 16)
        #expect(stack.frames.count == 2)
        #expect(stack.ending == .rootReached)
    }

    @Test func `A vector register's rule is left out`() throws {
        #expect(try stack([0x05, 17, 2]).ending == .rootReached)
        #expect(try CallFrameInstructions([0x05, 17, 2, 0x0a]).bytes == [0x0a])
    }

    @Test(
        arguments: [
            [0x09, 6, 0xe8, 7],  // register: rbp in register 1000
            [0x0c, 40, 8],  // def_cfa with register 40
            [0x14, 6, 2],  // val_offset, which libunwind reads as something else
            [0x01, 0, 0, 0, 0, 0, 0, 0, 0],  // set_loc
            [0x0b],  // restore_state without remember_state
            [0x2d], [0x3f],  // unknown
            [0x0f, 100],  // an expression longer than the entry
            [0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            [0x0f, 3, 0x2f, 0xfd, 0xff],  // an expression that jumps to itself
            [0x0f, 3, 0x28, 0xfd, 0xff],
            [0x0f, 13, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x09, 0xff, 0x1b, 0x96],  // the smallest number divided by -1
            [0x0f, 2, 0x94, 7],  // deref_size 7
            [0x0f, 2, 0x06],  // runs over its end
        ] as [[UInt8]])
    func `Instructions that libunwind can't take truncate the stack`(rule: [UInt8]) throws {
        let stack = try stack(rule)
        #expect(stack.frames.count == 1)
        let leaf = Address(rawValue: ForgedObject.address(0x10))
        #expect(stack.ending == .truncated(.unsupportedUnwindInformation(leaf)))
    }

    @Test func `A table that may not be read any more ends the stack with a reason of its own`() throws {
        let object = try ForgedObject(
            frames: ForgedObject.frames([]), budget: ParsingBudget(ParsingBudget.Limits(entries: 100)))
        let stack = try object.unwind(ForgedObject.snapshot(at: 0x10, stack: [ForgedObject.address(0x80)]))
        #expect(stack.frames.count == 1)
        let leaf = Address(rawValue: ForgedObject.address(0x10))
        #expect(stack.ending == .truncated(.parsingBudgetExhausted(leaf)))
    }

    @Test func `A return address in a column that is none truncates the stack`() throws {
        #expect(try stack([], returnAddressColumn: 255).frames.count == 1)
        #expect(try stack([], returnAddressColumn: 6).ending != .rootReached)
    }

    @Test func `A common entry that says nothing of the frame's address truncates the stack`() throws {
        #expect(try stack([], common: [0x90, 1]).ending != .rootReached)
        #expect(try stack([], common: [0x0a, 0x0c, 7, 8, 0x0b]).ending != .rootReached)
        #expect(try stack([0x0c, 7, 8, 0x90, 1], common: []).ending == .rootReached)
    }

    /// libunwind takes an undefined frame pointer for the root.
    @Test func `A frame pointer that is lost is not the root`() throws {
        let stack = try stack([0x07, 6])
        #expect(stack.frames.count == 2)
        #expect(stack.ending == .rootReached)
    }

    @Test func `Who needs a frame pointer that is lost is truncated`() throws {
        let frames = ForgedObject.frames([0x07, 6, 0x02, 0x40, 0x0c, 6, 16])
        let object = try ForgedObject(frames: frames)
        let stack = try object.unwind(ForgedObject.snapshot(at: 0x10, stack: [ForgedObject.address(0x80), 0, 0, 0]))
        #expect(stack.frames.count == 2)
        #expect(stack.ending == .truncated(.unknownRegister(at: Address(rawValue: ForgedObject.address(0x80)))))
    }

    @Test func `A return address of zero is not the root`() throws {
        let object = try ForgedObject(frames: ForgedObject.frames([]))
        let stack = try object.unwind(ForgedObject.snapshot(at: 0x10, stack: [0, 0, 0, 0]))
        #expect(stack.ending == .truncated(.implausibleReturnAddress(Address(rawValue: 0))))
    }

    /// An expression is read again for each use, long after other entries were read.
    @Test func `Expressions stay right while others are used`() throws {
        let expression: [UInt8] = [0x0f, 2, 0x77, 8]
        var memory = EntryMemory()
        let description = try entry(expression), plain = try entry([])
        let kept = memory.add(description)
        let word = memory.word(at: kept + 24)
        let first = memory.add(plain), second = memory.add(plain)
        #expect(first == second)
        #expect(memory.word(at: kept + 24) == word)
    }

    private func entry(_ instructions: [UInt8]) throws -> SanitizedEntry {
        let object = try ForgedObject(frames: ForgedObject.frames(instructions))
        let file = try #require(object.addressSpace.object(at: Address(rawValue: ForgedObject.address(0)))?.object)
        let found = try UnwindTable(of: file).description(covering: FileAddress(rawValue: ForgedObject.code + 1))
        return try SanitizedEntry(try #require(found), bias: ForgedObject.bias)
    }
}
