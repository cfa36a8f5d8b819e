import ProfileModel
import Testing
import Unwinding

/// Whose frame code runs on that was jumped to, and where that is not certain.
@Suite struct HostSearchTests {
    private static let host: UInt64 = 0
    private static let callOfHost: UInt64 = 0x10
    private static let guest: UInt64 = 0x20
    private static let callOfLargerHost: UInt64 = 0x40
    private static let callOfSwitch: UInt64 = 0x60
    private static let indirectCall: UInt64 = 0x70
    private static let callOfLargestHost: UInt64 = 0x90

    /// Pieces of code by their offsets; calls are behind what they call, and end in a jump to itself.
    private static let pieces: [(UInt64, [UInt8])] = [
        // sub rsp, 0x18; mov [rsp+8], rbx; jmp rdi
        (host, [0x48, 0x83, 0xec, 0x18, 0x48, 0x89, 0x5c, 0x24, 0x08, 0xff, 0xe7]),
        (callOfHost, call(of: host, at: callOfHost)),
        // sub rsp, 8; call rax; add rsp, 8; jmp rbx
        (guest, [0x48, 0x83, 0xec, 0x08, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08, 0xff, 0xe3]),
        // sub rsp, 0x28; mov rax, rsi; jmp rax
        (0x30, [0x48, 0x83, 0xec, 0x28, 0x48, 0x89, 0xf0, 0xff, 0xe0]),
        (callOfLargerHost, call(of: 0x30, at: callOfLargerHost)),
        // sub rsp, 0x18; movsxd rax, [rdx+rdi*4]; add rax, rdx; jmp rax
        (0x50, [0x48, 0x83, 0xec, 0x18, 0x48, 0x63, 0x04, 0xba, 0x48, 0x01, 0xd0, 0xff, 0xe0]),
        (callOfSwitch, call(of: 0x50, at: callOfSwitch)),
        (indirectCall, [0xff, 0xd0, 0xeb, 0xfe]),
        // sub rsp, 0x808; jmp rdi
        (0x80, [0x48, 0x81, 0xec, 0x08, 0x08, 0, 0, 0xff, 0xe7]),
        (callOfLargestHost, call(of: 0x80, at: callOfLargestHost)),
    ]

    private static func call(of target: UInt64, at place: UInt64) -> [UInt8] {
        [0xe8] + ForgedObject.little(target &- place &- 5, 4) + [0xeb, 0xfe]
    }

    private static let code = pieces.reduce(into: [UInt8](repeating: 0xcc, count: 0xa0)) { code, piece in
        code.replaceSubrange(Int(piece.0)..<Int(piece.0) + piece.1.count, with: piece.1)
    }

    /// The offset of a piece to return to, behind a call of five bytes.
    private static func behind(_ call: UInt64) -> UInt64 { ForgedObject.address(call + 5) }

    /// - Parameters:
    ///   - words: by their distance from the stack pointer.
    ///   - size: of the stack's mapping.
    private func unwind(
        at offset: UInt64 = guest, _ words: [UInt64: UInt64], copied: Int = 64, size: UInt64 = 512
    ) throws -> UnwoundStack {
        let object = try ForgedObject(code: Self.code, stackSize: size)
        let stack = (0..<UInt64(copied)).map { words[8 * $0] ?? 1 }
        return try Unwinder(addressSpace: object.addressSpace, tables: UnwindTableCache())
            .unwind(ForgedObject.snapshot(at: offset, stack: stack))
    }

    private func callers(at offset: UInt64 = guest, _ words: [UInt64: UInt64]) throws -> [UInt64] {
        try unwind(at: offset, words).frames.dropFirst().map(\.address.value.rawValue)
    }

    @Test func `The function that jumped was called where its frame ends`() throws {
        #expect(try callers([0x18: Self.behind(Self.callOfHost)]) == [Self.behind(Self.callOfHost)])
        #expect(try callers([0x28: Self.behind(Self.callOfLargerHost)]) == [Self.behind(Self.callOfLargerHost)])
        // While the code itself has lowered the stack pointer.
        #expect(try callers(at: Self.guest + 4, [0x20: Self.behind(Self.callOfHost)]) == [Self.behind(Self.callOfHost)])
    }

    @Test(arguments: [0x10, 0x20, 0x28] as [UInt64])
    func `A return address at another distance is no caller`(distance: UInt64) throws {
        let unwound = try unwind([distance: Self.behind(Self.callOfHost)])
        #expect(unwound.frames.count == 1)
        #expect(unwound.ending != .rootReached)
    }

    @Test func `Where two functions can have jumped there, neither is taken`() throws {
        let both: [UInt64: UInt64] = [0x18: Self.behind(Self.callOfHost), 0x28: Self.behind(Self.callOfLargerHost)]
        let unwound = try unwind(both)
        #expect(unwound.frames.count == 1)
        #expect(
            unwound.ending == .truncated(.noUnwindInformation(Address(rawValue: ForgedObject.address(Self.guest)))))
    }

    @Test func `Code that may have been called as well is not left`() throws {
        let called = ForgedObject.address(Self.indirectCall + 2)
        #expect(try callers([0: called]) == [called])
        #expect(try callers([0: called, 0x18: Self.behind(Self.callOfHost)]) == [])
    }

    @Test func `A jump by a table is not to where the caller says`() throws {
        #expect(try callers([0x18: Self.behind(Self.callOfSwitch)]) == [])
    }

    /// The page of what was reserved need not have memory that the kernel can copy with a sample.
    @Test func `What is above the usual reserve is copied next time`() throws {
        let unwound = try unwind([:], size: 0x10000)
        #expect(unwound.ending == .truncated(.beyondCopiedStack(Address(rawValue: ForgedObject.stack + 512))))
        let plan = try #require(unwound.plan)
        #expect(plan.steps.map(\.origin) == [.address(Address(rawValue: ForgedObject.stack + 0x4000))])
        #expect(plan.stack == Address(rawValue: ForgedObject.stack)..<Address(rawValue: ForgedObject.stack + 1))
    }

    @Test func `What is above the copied stack is copied next time`() throws {
        let unwound = try unwind([:], copied: 4096, size: 0x10000)
        let end = Address(rawValue: ForgedObject.stack + 8 * 4096)
        #expect(unwound.ending == .truncated(.beyondCopiedStack(end)))
        #expect(unwound.plan?.steps.map(\.origin) == [.address(end)])
    }

    @Test(arguments: [0, 0x200, 0x800] as [UInt64])
    func `The caller is found in another copy of the stack`(base: UInt64) throws {
        let leaf = ForgedObject.snapshot(at: Self.guest, stack: [1, 1])
        let words = (base / 8..<0x200).map { 8 * $0 == 0x800 + 8 ? Self.behind(Self.callOfLargestHost) : 1 }
        let window = StackWindow(
            base: Address(rawValue: ForgedObject.stack + base), bytes: words.flatMap { ForgedObject.little($0, 8) })
        let snapshot = StackSnapshot(
            process: leaf.process, thread: leaf.thread, registers: leaf.registers, stack: leaf.stack, windows: [window])
        let object = try ForgedObject(code: Self.code, stackSize: 0x10000)
        let stack = try object.unwind(snapshot)
        #expect(stack.frames.dropFirst().map(\.address.value.rawValue) == [Self.behind(Self.callOfLargestHost)])
    }

    /// A return address of zero in the reserve, with nothing above that a call left.
    @Test func `Zero in what was reserved is not the bottom of the stack`() throws {
        let words = Dictionary(uniqueKeysWithValues: (0..<1024 as Range<UInt64>).map { (8 * $0, UInt64(0)) })
        for offset in [Self.guest, Self.guest + 6] {
            #expect(try unwind(at: offset, words, copied: 1024, size: 0x20000).ending != .rootReached)
            #expect(try unwind(at: offset, words, copied: 1024, size: 8192).ending != .rootReached)
        }
    }

    @Test func `Frames larger than any are not sought`() throws {
        let unwound = try unwind([:], copied: 4097, size: 0x100_0000)
        #expect(unwound.ending == .truncated(.implausibleReturnAddress(Address(rawValue: 1))))
        #expect(unwound.plan == nil)
    }
}
