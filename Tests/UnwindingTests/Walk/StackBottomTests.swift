import ObjectFiles
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

    /// Code that ends in a call of what follows it and `tail`, from offset 64 on.
    private static func calling(behind setup: [UInt8], before tail: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 0x90, count: 64) + setup + [0xe8, UInt8(tail.count), 0, 0, 0] + tail + [0xeb, 0xfe]
    }

    /// The stack of a thread in what that calls, with a place to return to in each frame.
    private static func callee(
        of setup: [UInt8], before tail: [UInt8], frames: [UInt8] = []
    ) throws -> (stack: RawStack, caller: UInt64) {
        let caller = ForgedObject.address(UInt64(64 + setup.count + 5))
        let object = try ForgedObject(code: calling(behind: setup, before: tail), frames: frames)
        let offset = UInt64(64 + setup.count + 5 + tail.count)
        let words = [caller, ForgedObject.address(5), 1]
        return (try object.unwind(ForgedObject.snapshot(at: offset, stack: words)), caller)
    }

    private static let halt: [UInt8] = [0xf4]

    @Test(arguments: [
        // xor rbp, rbp; hlt
        ([0x48, 0x31, 0xed], halt),
        // xor ebp, ebp; pop rdi; and behind the call, mov edi, eax; mov eax, 60; syscall; ud2
        ([0x33, 0xed, 0x5f], [0x89, 0xc7, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b]),
        // Behind the call, a jump to itself.
        ([0x31, 0xed], [0xeb, 0xfe]),
    ])
    func `A function that clears the frame pointer and never goes on is the bottom`(
        setup: [UInt8], tail: [UInt8]
    ) throws {
        let (stack, caller) = try Self.callee(of: setup, before: tail)
        #expect(stack.frames.last?.address.value.rawValue == caller)
        #expect(stack.ending == .rootReached)
    }

    @Test(arguments: [
        // A panic in Rust: xor ebp, ebp; mov rdi, rbp; mov rsi, r15; and behind the call, ud2
        ([0x31, 0xed, 0x48, 0x89, 0xef, 0x4c, 0x89, 0xfe], [0x0f, 0x0b]),
        // xor ebp, ebp, and ud2 behind the call
        ([0x31, 0xed], [0x0f, 0x0b]),
        // xor r13d, r13d
        ([0x45, 0x31, 0xed], halt),
        // xor r13d, ebp; xor bp, bp
        ([0x41, 0x31, 0xed], halt), ([0x66, 0x31, 0xed], halt),
        // xor ebp, ebp; and a register as any other: mov rdi, rbp; lea rdi, [rax+rbp]; test ebp, ebp; inc ebp
        ([0x31, 0xed, 0x48, 0x89, 0xef], halt), ([0x31, 0xed, 0x48, 0x8d, 0x3c, 0x28], halt),
        ([0x31, 0xed, 0x85, 0xed], halt), ([0x31, 0xed, 0xff, 0xc5], halt),
        // Behind the call: mov edi, ebp; hlt
        ([0x31, 0xed], [0x89, 0xef, 0xf4]),
        // Behind the call: syscall; nop; ud2
        ([0x31, 0xed], [0x0f, 0x05, 0x90, 0x0f, 0x0b]),
    ])
    func `A call that never returns is not the bottom because a register was cleared before`(
        setup: [UInt8], tail: [UInt8]
    ) throws {
        let (stack, caller) = try Self.callee(of: setup, before: tail)
        #expect(stack.frames.last?.address.value.rawValue == caller)
        #expect(stack.ending != .rootReached)
    }

    @Test func `A frame whose caller call frame information names is not the bottom because of its code`() throws {
        let (stack, caller) = try Self.callee(
            of: [0x31, 0xed], before: Self.halt, frames: ForgedObject.frames(ForgedObject.standard))
        #expect(stack.frames.dropFirst().first?.address.value.rawValue == caller)
        #expect(stack.frames.dropFirst(2).first?.address.value.rawValue == ForgedObject.address(5))
    }

    /// At 0, `ret`; at 16 what a function of makecontext(3) returns to, which nothing calls.
    @Test func `A function of a context is the bottom also without call frame information`() throws {
        // mov rsp, rbx; mov rdi, [rsp]; test rdi, rdi; je; hlt
        let start: [UInt8] = [0x48, 0x89, 0xdc, 0x48, 0x8b, 0x3c, 0x24, 0x48, 0x85, 0xff, 0x74, 0, 0xf4]
        let code = [0xc3] + [UInt8](repeating: 0xcc, count: 15) + start
        let stack = try ForgedObject(code: code).unwind(
            ForgedObject.snapshot(at: 0, stack: [ForgedObject.address(16), 0, 1]))
        #expect(stack.frames.last?.address == .programCounter(Address(rawValue: ForgedObject.address(16))))
        #expect(stack.ending == .rootReached)
    }

    @Test(arguments: [
        // jmp rbx; xor rdi, rdi; call rax; hlt
        ([0xff, 0xe3, 0x48, 0x31, 0xff, 0xff, 0xd0, 0xf4], true),
        // jmp rbx; mov eax, 60; syscall; ud2
        ([0xff, 0xe3, 0xb8, 60, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b], true),
        // call rbx; xor rdi, rdi; call rax; hlt
        ([0xff, 0xd3, 0x48, 0x31, 0xff, 0xff, 0xd0, 0xf4], false),
        // jmp rbx; xor rdi, rdi; call rax; ret
        ([0xff, 0xe3, 0x48, 0x31, 0xff, 0xff, 0xd0, 0xc3], false),
        // jmp rbx; call rax; ud2
        ([0xff, 0xe3, 0xff, 0xd0, 0x0f, 0x0b], false),
    ])
    func `Code that nothing calls and that ends the process is what a stack made by hand begins with`(
        finish: [UInt8], isBottom: Bool
    ) throws {
        let code = [0xc3] + [UInt8](repeating: 0xcc, count: 15) + finish
        let target = ForgedObject.address(18)
        let stack = try ForgedObject(code: code).unwind(ForgedObject.snapshot(at: 0, stack: [target, 7, 1]))
        #expect((stack.ending == .rootReached) == isBottom)
        #expect((stack.frames.last?.address == .programCounter(Address(rawValue: target))) == isBottom)
    }

    /// At 3, `call rax`; at 0x10, `sub rsp, 8; call 0x20`, which never returns; at 0x19, another function, `ret`; at 0x20,
    /// `jmp` to itself; at 0x28, calls of 0x19 and 0x10.
    @Test func `What follows a call that never returns says nothing of its frame`() throws {
        let caller = [0x90, 0x90, 0x90, 0xff, 0xd0] + [UInt8](repeating: 0xcc, count: 11)
        let function: [UInt8] = [0x48, 0x83, 0xec, 8, 0xe8, 0x07, 0, 0, 0, 0xc3] + [UInt8](repeating: 0xcc, count: 6)
        let endless = [0xeb, 0xfe] + [UInt8](repeating: 0xcc, count: 6)
        let calls: [UInt8] = [0xe8, 0xec, 0xff, 0xff, 0xff, 0xe8, 0xde, 0xff, 0xff, 0xff]
        let code = caller + function + endless + calls
        // The word at the stack pointer remains of an earlier call.
        let words = [ForgedObject.address(0x19), ForgedObject.address(5), ForgedObject.address(5), 1]
        let stack = try ForgedObject(code: code).unwind(ForgedObject.snapshot(at: 0x20, stack: words))
        #expect(stack.frames.prefix(3).map(\.address.value.rawValue) == [0x20, 0x19, 5].map(ForgedObject.address))
    }

    /// At 0x100, `call` to 0x110, the function that follows other code.
    @Test func `A function that is returned to at its start is named by that`() throws {
        let code = [UInt8](repeating: 0x90, count: 0x100) + [0xe8, 11, 0, 0, 0] + [UInt8](repeating: 0x90, count: 11)
        let object = try ForgedObject(
            code: code + [0x53, 0xeb, 0xfe], frames: ForgedObject.frames(ForgedObject.standard))
        let target = ForgedObject.address(0x110)
        let stack = try object.unwind(ForgedObject.snapshot(at: 0, stack: [target, 7, 0]))
        #expect(stack.frames.count == 2)
        #expect(stack.frames.last?.address == .programCounter(Address(rawValue: target)))
    }

    /// At 0, `call` to `function` at 16.
    private static func calling(_ function: [UInt8]) -> [UInt8] {
        [0xe8, 11, 0, 0, 0] + [UInt8](repeating: 0xcc, count: 11) + function
    }

    /// The word below the return address is what the function's own call pushed.
    @Test(arguments: [
        // call to what follows; pop rax; sub rsp, 0x10; call rdx; jmp to itself
        ([0xe8, 0, 0, 0, 0, 0x58, 0x48, 0x83, 0xec, 0x10, 0xff, 0xd2, 0xeb, 0xfe], 5, 12),
        // The same with add rsp, 0x10; ret
        ([0xe8, 0, 0, 0, 0, 0x58, 0x48, 0x83, 0xec, 0x10, 0xff, 0xd2, 0x48, 0x83, 0xc4, 0x10, 0xc3], 5, 12),
        // call over a byte; pop rax; sub rsp, 0x10; call rdx; jmp to itself
        ([0xe8, 1, 0, 0, 0, 0xcc, 0x58, 0x48, 0x83, 0xec, 0x10, 0xff, 0xd2, 0xeb, 0xfe], 5, 13),
        ([0xe8, 1, 0, 0, 0, 0xcc, 0x58, 0x48, 0x83, 0xec, 0x10, 0xff, 0xd2, 0x48, 0x83, 0xc4, 0x10, 0xc3], 5, 13),
    ])
    func `What a call to a place within its own function pushed is no caller`(
        function: [UInt8], pushed: UInt64, offset: UInt64
    ) throws {
        let words = [0, ForgedObject.address(16 + pushed), ForgedObject.address(5), 1]
        let stack = try ForgedObject(code: Self.calling(function)).unwind(
            ForgedObject.snapshot(at: 16 + offset, stack: words))
        #expect(
            stack.frames.map(\.address.value.rawValue)
                == [ForgedObject.address(16 + offset), ForgedObject.address(5)])
    }

    /// Generated code at 0x1000.
    private final class GeneratedCode: CodeReader {
        var code: [UInt8] = []

        func bytes(at address: Address, count: Int) -> [UInt8] {
            address.rawValue < 0x1000 ? [] : Array(code.dropFirst(Int(address.rawValue - 0x1000)).prefix(count))
        }
    }

    @Test func `What generated code says of a bottom holds as long as the code`() throws {
        let mapping = Mapping(
            start: Address(rawValue: 0x1000), end: Address(rawValue: 0x2000), isReadable: true, isWritable: false,
            isExecutable: true, fileOffset: 0, backing: .anonymous)
        let context = UnwindContext(addressSpace: AddressSpaceMap([mapping]), tables: UnwindTableCache())
        let generated = GeneratedCode()
        context.code.generatedCode = generated
        let call = Address(rawValue: 0x1000 + 64 + 2 + 4)
        generated.code = Self.calling(behind: [0x31, 0xed], before: Self.halt)
        #expect(context.roots.contain(callAt: call))
        generated.code = Self.calling(behind: [0x31, 0xc0], before: Self.halt)
        #expect(!context.roots.contain(callAt: call))
    }

    @Test func `The bottom is not searched for beyond the work of one stack`() throws {
        let object = try ForgedObject(code: Self.code, stackSize: 24)
        let context = UnwindContext(addressSpace: object.addressSpace, tables: UnwindTableCache())
        context.begin(ForgedObject.snapshot(at: 0x12, stack: [1, 0, 0]), generatedCode: nil)
        let position = StackPosition(
            registers: NativeRegisters(), address: .returnAddress(Address(rawValue: ForgedObject.address(5))),
            location: .unmapped(Address(rawValue: 0)), stackPointer: Address(rawValue: ForgedObject.stack))
        let slot = Address(rawValue: ForgedObject.stack + 8)
        #expect(context.isBottom(above: slot, of: position))
        #expect(!context.budget.allows(.searchingWords, .max))
        #expect(!context.isBottom(above: slot, of: position))
    }

    /// At 0, `call rax`; at 16, `je` over a `ret` to `count` times `nop` and a `ret`.
    @Test(arguments: [(10, 2), (600, 1)])
    func `A call that may have led to a frame counts only where all ways from there were followed`(
        count: Int, frames: Int
    ) throws {
        let padding = [UInt8](repeating: 0xcc, count: 14)
        let code = [0xff, 0xd0] + padding + [0x74, 0x01, 0xc3] + [UInt8](repeating: 0x90, count: count) + [0xc3]
        let stack = try ForgedObject(code: code).unwind(
            ForgedObject.snapshot(at: 16, stack: [ForgedObject.address(2), 1]))
        #expect(stack.frames.count == frames)
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
