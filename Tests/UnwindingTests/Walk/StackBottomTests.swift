import ProfileModel
import Testing

@testable import Unwinding

/// What is evidence of a stack's end, and what isn't, in code without call frame information.
@Suite struct StackBottomTests {
    /// At 0, `call 0x10; jmp -7`, whose start a call in the same object shows; at 8, `call 0`; at 0x10, `xor ebp, ebp; jmp -2`.
    private static let code: [UInt8] =
        [0xe8, 0x0b, 0, 0, 0, 0xeb, 0xf9, 0x90] + [0xe8, 0xf3, 0xff, 0xff, 0xff, 0x90, 0xeb, 0xfd]
        + [0x31, 0xed, 0xeb, 0xfe]

    private func stack(_ words: [UInt64], stackSize: UInt64 = 0x1000_0000) throws -> RawStack {
        try ForgedObject(code: Self.code, stackSize: stackSize).unwind(ForgedObject.snapshot(at: 0x12, stack: words))
    }

    @Test func `A frame pointer of zero is not the bottom`() throws {
        let stack = try stack([ForgedObject.address(5), ForgedObject.address(13), 1])
        #expect(
            stack.frames.map(\.address.value.rawValue)
                == [ForgedObject.address(0x12), ForgedObject.address(5), ForgedObject.address(13)])
        #expect(stack.ending != .rootReached)
    }

    @Test func `A return address of zero on a stack's last words is the bottom`() throws {
        let stack = try stack([ForgedObject.address(5), 0, 0], stackSize: 24)
        #expect(stack.frames.count == 2)
        #expect(stack.ending == .rootReached)
    }

    @Test func `A return address of zero below other frames is not the bottom`() throws {
        let stack = try stack([ForgedObject.address(5), 0, 0, ForgedObject.address(13), 0], stackSize: 40)
        #expect(stack.frames.count == 2)
        #expect(stack.ending == .truncated(.implausibleReturnAddress(Address(rawValue: 0))))
    }

    @Test func `A return address of zero is not the bottom where the stack was not copied further`() throws {
        #expect(try stack([ForgedObject.address(5), 0, 0]).ending != .rootReached)
    }

    /// `xor ebp, ebp; call +1; hlt; jmp` to itself.
    @Test func `Code that clears the frame pointer and never returns is the bottom`() throws {
        let code: [UInt8] = [0x31, 0xed, 0xe8, 1, 0, 0, 0, 0xf4, 0xeb, 0xfe]
        let padding = [UInt8](repeating: 0x90, count: 64)
        let object = try ForgedObject(code: padding + code)
        let stack = try object.unwind(ForgedObject.snapshot(at: 72, stack: [ForgedObject.address(71), 1, 2, 3]))
        #expect(stack.frames.count == 2)
        #expect(stack.ending == .rootReached)
    }

    @Test(arguments: [0, ForgedObject.stack, .max] as [UInt64])
    func `A call to where there is no code shows its caller`(target: UInt64) throws {
        // call rax; ret
        let object = try ForgedObject(code: [0xff, 0xd0, 0xc3])
        var registers = NativeRegisters()
        for name in NativeRegisters.Name.allCases { registers[name] = 0 }
        registers.programCounter = Address(rawValue: target)
        registers.stackPointer = Address(rawValue: ForgedObject.stack)
        let stack = try object.unwind(ForgedObject.snapshot(registers, stack: [ForgedObject.address(2), 1]))
        #expect(stack.frames.map(\.address.value.rawValue) == [target, ForgedObject.address(2)])
        #expect(stack.ending == .truncated(.implausibleReturnAddress(Address(rawValue: 1))))
    }
}
