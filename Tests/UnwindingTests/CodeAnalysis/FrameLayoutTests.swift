import ProfileModel
import Testing

@testable import Unwinding

/// What the code of a function shows of its frame.
@Suite struct FrameLayoutTests {
    private typealias Distance = FrameLayout.Distance

    /// `call` to elsewhere: behind it the layout is requested.
    private static let call: [UInt8] = [0xe8, 0, 0, 1, 0]
    private static let pushAndMove: [UInt8] = [0x55, 0x48, 0x89, 0xe5]

    /// The layout behind the last call in a function, or `nil`.
    private func layout(_ code: [UInt8]) throws -> FrameLayout? {
        let object = try ForgedObject(code: code, frames: ForgedObject.frames([]))
        let context = UnwindContext(addressSpace: object.addressSpace, tables: UnwindTableCache())
        let start = Address(rawValue: ForgedObject.address(0))
        let function = try #require(
            FunctionCode(
                of: start..<start.advanced(by: UInt64(code.count)), in: context.code, budget: context.budget))
        let result = FrameAnalysis.result(of: function, at: [], budget: context.budget)
        let last = function.instructions.indices.last {
            if case .call = function.instructions[$0].operation { true } else { false }
        }
        return result.layouts[function.end(of: try #require(last))]
    }

    struct Known: Sendable {
        let code: [UInt8]
        let distance: UInt64?
    }

    @Test(arguments: [
        // push rbp; mov rbp, rsp; push rbx; sub rsp, 0x18
        Known(code: pushAndMove + [0x53, 0x48, 0x83, 0xec, 0x18] + call, distance: 0x20),
        // push rbp; mov eax, edi; xor ecx, ecx; mov rbp, rsp; mov rdx, rsi; add rsp, -0x80
        Known(
            code: [0x55, 0x89, 0xf8, 0x31, 0xc9, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf2, 0x48, 0x83, 0xc4, 0x80] + call,
            distance: 0x80),
        // push rbp; sub rsp, 0x40; lea rbp, [rsp+0x40]
        Known(code: [0x55, 0x48, 0x83, 0xec, 0x40, 0x48, 0x8d, 0x6c, 0x24, 0x40] + call, distance: 0x40),
        // The frame pointer holds something else: xor ebp, ebp
        Known(code: pushAndMove + [0x31, 0xed] + call, distance: nil),
        Known(code: call, distance: nil),
        // test edi, edi; je +1; push rax: two depths meet
        Known(code: pushAndMove + [0x85, 0xff, 0x74, 0x01, 0x50] + call, distance: nil),
        // lea r11, [rsp-0x2000]; sub rsp, 0x1000; cmp rsp, r11; jne back: the stack is probed
        Known(
            code: pushAndMove + [0x4c, 0x8d, 0x9c, 0x24, 0, 0xe0, 0xff, 0xff, 0x48, 0x81, 0xec, 0, 0x10, 0, 0]
                + [0x4c, 0x39, 0xdc, 0x75, 0xf4] + call, distance: 0x2000),
        // jmp rax, and the code that it leads to
        Known(code: pushAndMove + [0x48, 0x83, 0xec, 0x10, 0xff, 0xe0, 0x90] + call, distance: 0x10),
        // A call that never returns, before code that a jump reaches with another depth.
        Known(
            code: pushAndMove + [0x74, 0x06, 0x50] + call + call, distance: 0),
    ])
    func `The distance of the frame pointer follows from the code`(known: Known) throws {
        let found = try layout(known.code)?.distance(to: .framePointer)
        if let distance = known.distance {
            #expect(found == .exactly(distance))
        } else {
            #expect(found == nil || found == .somewhere)
        }
    }

    @Test func `A stack pointer that was rounded down leaves a few distances`() throws {
        // and rsp, -32; sub rsp, 0x60
        let found = try layout(Self.pushAndMove + [0x48, 0x83, 0xe4, 0xe0, 0x48, 0x83, 0xec, 0x60] + Self.call)
        #expect(found?.distance(to: .framePointer) == .within(0x60...0x7f))
    }

    struct Rounding: Sendable {
        /// The operand of `and rsp, mask`, sign-extended.
        let mask: Int32
        var lowered: UInt8 = 0
        let distance: FrameLayout.Distance
    }

    @Test(arguments: [
        Rounding(mask: -1, distance: .within(0...0)),
        Rounding(mask: -2, distance: .within(0...1)),
        Rounding(mask: -4, distance: .within(0...3)),
        Rounding(mask: -4, lowered: 4, distance: .within(4...7)),
        Rounding(mask: -8, lowered: 0x10, distance: .within(0x10...0x17)),
        Rounding(mask: -0x1_0000, distance: .within(0...0xffff)),
        Rounding(mask: -0x2_0000, distance: .somewhere),
        Rounding(mask: .min, distance: .somewhere),
    ])
    func `A stack pointer may be rounded down to any power of two`(rounding: Rounding) throws {
        // and rsp, mask; sub rsp, lowered
        let mask = ForgedObject.little(UInt64(UInt32(bitPattern: rounding.mask)), 4)
        let code = Self.pushAndMove + [0x48, 0x81, 0xe4] + mask + [0x48, 0x83, 0xec, rounding.lowered] + Self.call
        #expect(try layout(code)?.distance(to: .framePointer) == rounding.distance)
    }

    @Test(arguments: [-1, -2, -4, -8, -16, -32] as [Int8], [0, 8] as [Int])
    func `A frame below a rounded stack pointer is followed without its frame pointer`(
        mask: Int8, distance: Int
    ) throws {
        // and rsp, mask; then a call at 0x7b to the function itself, behind which the caller is.
        let rounding = Self.pushAndMove + [0x48, 0x83, 0xe4, UInt8(bitPattern: mask)] + Self.call
        var code = [UInt8](repeating: 0x90, count: 256)
        code.replaceSubrange(0..<rounding.count, with: rounding)
        code.replaceSubrange(0x7b..<0x80, with: [0xe8] + ForgedObject.little(UInt64(UInt32(bitPattern: -0x80)), 4))
        // After one byte: def_cfa rbp+16, offset rbp at cfa-16. From 0x7f on the return address is undefined.
        let frames = ForgedObject.frames([0x41, 0x0c, 6, 16, 0x86, 2, 0x02, 0x7e, 0x07, 16])
        let object = try ForgedObject(code: code, frames: frames)
        var registers = NativeRegisters()
        registers.programCounter = Address(rawValue: ForgedObject.address(UInt64(rounding.count)))
        registers.stackPointer = Address(rawValue: ForgedObject.stack)
        // The caller's frame pointer is where its own stack pointer was.
        let callers = ForgedObject.stack + UInt64(distance) + 16
        let words = [UInt64](repeating: 1, count: distance / 8) + [callers, ForgedObject.address(0x80), 0, 0, 0, 0]
        let stack = try object.unwind(ForgedObject.snapshot(registers, stack: words))
        guard mask <= -16 || distance == 0 else {
            #expect(stack.frames.count == 1)
            return
        }
        #expect(stack.frames.map(\.address.value.rawValue) == [UInt64(rounding.count), 0x80].map(ForgedObject.address))
        #expect(stack.ending == .rootReached)
    }

    @Test func `A frame pointer below rounding has one distance`() throws {
        // lea r10, [rsp+8]; and rsp, -32; push [r10-8]; push rbp; mov rbp, rsp; push r10; sub rsp, 0x48
        let found = try layout(
            [0x4c, 0x8d, 0x54, 0x24, 0x08, 0x48, 0x83, 0xe4, 0xe0, 0x41, 0xff, 0x72, 0xf8] + Self.pushAndMove
                + [0x41, 0x52, 0x48, 0x83, 0xec, 0x48] + Self.call)
        #expect(found?.distance(to: .framePointer) == .exactly(0x50))
        #expect(found?.distanceToFrameAddress != .exactly(0x50))
    }

    @Test func `What is allocated at run time leaves any distance`() throws {
        #expect(
            try layout(Self.pushAndMove + [0x48, 0x29, 0xc4] + Self.call)?.distance(to: .framePointer) == .somewhere)
    }

    /// Each word could be the frame's own return address, so none is taken.
    @Test func `A stack full of calls to a function leaves open which frame is its own`() throws {
        // push rbp; mov rbp, rsp; sub rsp, rax; call to the start of the function itself
        let code = Self.pushAndMove + [0x48, 0x29, 0xc4, 0xe8, 0xf4, 0xff, 0xff, 0xff]
        let words = [UInt64](repeating: ForgedObject.address(12), count: 1 << 17)
        let object = try ForgedObject(
            code: code, frames: ForgedObject.frames([0x41, 0x0c, 6, 16]), stackSize: UInt64(words.count * 8))
        var registers = NativeRegisters()
        registers.programCounter = Address(rawValue: ForgedObject.address(12))
        registers.stackPointer = Address(rawValue: ForgedObject.stack)
        let stack = try object.unwind(ForgedObject.snapshot(registers, stack: words))
        #expect(stack.frames.count == 1)
        #expect(stack.ending == .truncated(.unknownRegister(at: Address(rawValue: ForgedObject.address(12)))))
    }

    @Test func `Random code is harmless`() throws {
        var numbers = SeededNumbers(seed: 29)
        for _ in 0..<300 {
            let size = Int.random(in: 1..<400, using: &numbers)
            let code = (0..<size).map { _ in
                // Mostly pushes, jumps and arithmetic, so that much of it is code.
                Bool.random(using: &numbers)
                    ? UInt8.random(in: 0...255, using: &numbers)
                    : [0x55, 0x50, 0x90, 0xeb, 0x74, 0xe8, 0x48, 0x89, 0xe5].randomElement(using: &numbers) ?? 0
            }
            let object = try ForgedObject(code: code, frames: ForgedObject.frames([0x41, 0x0c, 6, 16]))
            var registers = NativeRegisters()
            registers.programCounter = Address(rawValue: ForgedObject.address(UInt64(size / 2)))
            registers.stackPointer = Address(rawValue: ForgedObject.stack)
            let words = (0..<64).map { _ in ForgedObject.address(.random(in: 0..<256, using: &numbers)) }
            #expect(try object.unwind(ForgedObject.snapshot(registers, stack: words)).frames.count <= 512)
        }
    }
}
