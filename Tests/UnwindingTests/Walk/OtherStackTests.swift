import ProfileModel
import Testing
import Unwinding

/// Functions that set another stack pointer, and keep the one that they came with in a register.
@Suite struct OtherStackTests {
    /// At 0, `push rbp; mov rbp, rsp; mov rsp, rsi; call rdi; leave; ret`; at 18, `call rax` ends, at 37, `call 0`, at 53, a
    /// call of a `ret` at 512, behind which another function begins; 64 is in no way through the function.
    private static let code: [UInt8] =
        [0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf4, 0xff, 0xd7, 0xc9, 0xc3] + nops(5) + [0xff, 0xd0] + nops(14)
        + [0xe8, 0xdb, 0xff, 0xff, 0xff] + nops(3) + [0xe8, 0xd4, 0x01, 0, 0] + nops(3) + [0xe8, 0xcb, 0x01, 0, 0]
        + nops(459) + [0xc3, 0xc3]
    private static func nops(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x90, count: count) }

    /// Behind `call rdi`.
    private static let called: UInt64 = 9
    /// The frame's address is `rbp + 16`, and the frame pointer is right below the return address.
    private static let described = ForgedObject.frames([0x0c, 6, 16, 0x86, 2])

    private static let other: UInt64 = 0x7ff0_0000_0000
    private static let slot = other + 0x1000

    /// - Parameters:
    ///   - offset: of the instruction that the thread is at.
    ///   - target: what the word at `slot` is.
    ///   - first: the words of the stack that the thread is on, up to its very top.
    private func unwind(
        at offset: UInt64 = called, returningTo target: UInt64, frames: [UInt8] = described, isCopied: Bool = true,
        below saved: UInt64 = 0, first: [UInt64] = [1]
    ) throws -> UnwoundStack {
        let object = try ForgedObject(
            code: Self.code, frames: frames, stackSize: UInt64(first.count * 8),
            otherStack: Self.other..<Self.other + 0x10000)
        let leaf = ForgedObject.snapshot(at: offset, stack: first, framePointer: Self.slot - 8)
        let words = [0, saved, target, 1, 1, 1]
        let window = StackWindow(
            base: Address(rawValue: Self.slot - 16), bytes: words.flatMap { ForgedObject.little($0, 8) })
        let snapshot = StackSnapshot(
            process: leaf.process, thread: leaf.thread, registers: leaf.registers, stack: leaf.stack,
            windows: isCopied ? [window] : [])
        return try Unwinder(addressSpace: object.addressSpace, tables: UnwindTableCache()).unwind(snapshot)
    }

    private func callers(_ unwound: UnwoundStack) -> [UInt64] {
        unwound.frames.dropFirst().map { $0.address.value.rawValue }
    }

    @Test(arguments: [18, 37], [described, []])
    func `The caller is on the stack that the function came from`(target: UInt64, frames: [UInt8]) throws {
        let unwound = try unwind(returningTo: ForgedObject.address(target), frames: frames)
        #expect(callers(unwound).first == ForgedObject.address(target))
    }

    /// The thread's stack pointer is at the very top of its stack.
    @Test(arguments: [described, []], [[1], []] as [[UInt64]])
    func `The other stack is copied next time, from below the return address`(
        frames: [UInt8], first: [UInt64]
    ) throws {
        let unwound = try unwind(returningTo: 0, frames: frames, isCopied: false, first: [1] + first)
        #expect(unwound.ending == .truncated(.otherStackNotCopied(Address(rawValue: Self.slot))))
        let plan = try #require(unwound.plan)
        #expect(plan.steps.map(\.origin) == [.address(Address(rawValue: (Self.slot - 512) & ~511))])
        #expect(plan.stack.contains(Address(rawValue: ForgedObject.stack)))
    }

    @Test(arguments: [53, 19, 3], [described, []])
    func `A word there that no call of the function has left is no caller`(target: UInt64, frames: [UInt8]) throws {
        let unwound = try unwind(returningTo: ForgedObject.address(target), frames: frames)
        #expect(callers(unwound) == [])
        #expect(unwound.ending != .rootReached)
    }

    @Test func `Without a way through the code that leads there, only a direct call shows the caller`() throws {
        #expect(try callers(unwind(at: 64, returningTo: ForgedObject.address(18))) == [])
        #expect(try callers(unwind(at: 64, returningTo: ForgedObject.address(37))) == [ForgedObject.address(37)])
    }

    /// The caller is the same function, called on a stack that was left already.
    @Test func `A stack that was left is not entered again where it was walked`() throws {
        let slot = ForgedObject.stack + 8
        let unwound = try unwind(
            returningTo: ForgedObject.address(Self.called), below: slot - 8,
            first: [0, ForgedObject.address(18), 1])
        #expect(callers(unwound).first == ForgedObject.address(Self.called))
        #expect(callers(unwound).count <= 2)
        let again = try unwind(
            returningTo: ForgedObject.address(Self.called), below: ForgedObject.stack - 8,
            first: [ForgedObject.address(18), 1])
        #expect(callers(again) == [ForgedObject.address(Self.called)])
        #expect(again.ending == .truncated(.stackNotAscending(Address(rawValue: ForgedObject.stack + 8))))
    }
}
