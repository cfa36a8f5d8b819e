import ProfileModel
import Testing

@testable import Unwinding

/// What a signal's handler returns to, whatever instructions it is made of.
@Suite struct SignalReturnTests {
    /// Code at 0x1000.
    private final class Code: CodeSource {
        private let code: [UInt8]

        init(_ code: [UInt8]) { self.code = code }

        func bytes(at address: Address, count: Int) -> [UInt8] {
            guard address.rawValue >= 0x1000 else { return [] }
            return Array(code.dropFirst(Int(min(address.rawValue - 0x1000, 1 << 20))).prefix(count))
        }

        func executableRange(containing address: Address) -> Range<Address>? { nil }

        func isStable(at address: Address) -> Bool { true }

        func function(covering address: Address) -> FunctionExtent? {
            FunctionExtent(start: 0x1000, end: 0x1000 + UInt64(code.count), beginsWithCall: true)
        }
    }

    private static let start = Address(rawValue: 0x1000)

    private static let restorers: [[UInt8]] = [
        [0xb8, 15, 0, 0, 0, 0x0f, 0x05],  // mov eax, 15; syscall
        [0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05],  // mov rax, 15; syscall
        [0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 15, 0, 0, 0, 0x0f, 0x05],  // endbr64; mov eax, 15; syscall
        [0x6a, 15, 0x58, 0x0f, 0x05],  // push 15; pop rax; syscall
        [0x31, 0xc0, 0x04, 15, 0x0f, 0x05],  // xor eax, eax; add al, 15; syscall
        [0x31, 0xc0, 0xb0, 15, 0x0f, 0x05],  // xor eax, eax; mov al, 15; syscall
        [0x29, 0xc0, 0x83, 0xc8, 15, 0x90, 0x0f, 0x05],  // sub eax, eax; or eax, 15; nop; syscall
        [0x31, 0xff, 0x48, 0x8d, 0x47, 15, 0x0f, 0x05],  // xor edi, edi; lea rax, [rdi+15]; syscall
        [0xbf, 15, 0, 0, 0, 0x89, 0xf8, 0x0f, 0x05],  // mov edi, 15; mov eax, edi; syscall
        [0xeb, 1, 0xf4, 0xb8, 15, 0, 0, 0, 0x0f, 0x05],  // jmp over hlt; mov eax, 15; syscall
    ]

    @Test(arguments: restorers)
    func `A system call with that number is one to return to`(code: [UInt8]) {
        #expect(SignalReturn.begins(at: Self.start, in: Code(code + [0xf4])))
    }

    @Test(
        arguments: [
            [0xb8, 14, 0, 0, 0, 0x0f, 0x05],  // mov eax, 14; syscall
            [0x0f, 0x05],  // syscall
            [0xb0, 15, 0x0f, 0x05],  // mov al, 15; syscall
            [0x66, 0xb8, 15, 0, 0x0f, 0x05],  // mov ax, 15; syscall
            [0x31, 0xc0, 0xb4, 15, 0x0f, 0x05],  // xor eax, eax; mov ah, 15; syscall
            [0x6a, 15, 0x6a, 15, 0x58, 0x0f, 0x05],  // push 15; push 15; pop rax; syscall
            [0xb8, 15, 0, 0, 0, 0x59, 0x0f, 0x05],  // mov eax, 15; pop rcx; syscall
            [0xb8, 15, 0, 0, 0, 0x48, 0x83, 0xc4, 8, 0x0f, 0x05],  // mov eax, 15; add rsp, 8; syscall
            [0xb8, 15, 0, 0, 0, 0x74, 0, 0x0f, 0x05],  // mov eax, 15; je; syscall
            [0xb8, 15, 0, 0, 0, 0xff, 0xd1, 0x0f, 0x05],  // mov eax, 15; call rcx; syscall
            [0xb8, 15, 0, 0, 0, 0x8b, 0x07, 0x0f, 0x05],  // mov eax, 15; mov eax, [rdi]; syscall
            [0xb8, 15, 0, 0, 0, 0x0f, 0x0b, 0x0f, 0x05],  // mov eax, 15; ud2; syscall
            [0xeb, 0xfe], [0xb8, 15, 0, 0, 0], [0x06], [],
        ] as [[UInt8]])
    func `Other code is not`(code: [UInt8]) { #expect(!SignalReturn.begins(at: Self.start, in: Code(code))) }

    @Test func `A thread is in it from its start to behind the system call`() {
        // endbr64; mov eax, 15; nop; syscall; hlt
        let code = Code([0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 15, 0, 0, 0, 0x90, 0x0f, 0x05, 0xf4])
        func isInside(_ offset: UInt64, _ accumulator: UInt64?) -> Bool {
            let pc = Self.start.advanced(by: offset)
            return SignalReturn.isNear(pc, in: code) && SignalReturn.contains(pc, accumulator: accumulator, in: code)
        }
        for offset in [0, 4] as [UInt64] { #expect(isInside(offset, 1)) }
        for offset in [9, 10] as [UInt64] { #expect(isInside(offset, 15)) }
        for offset in [0, 4, 9, 10, 12] as [UInt64] { #expect(isInside(offset, nil)) }
        #expect(!isInside(13, nil))
    }

    /// `mov eax, edi; syscall; ret`.
    @Test func `A system call whose number was passed is in it only with that number`() {
        let code = Code([0x89, 0xf8, 0x0f, 0x05, 0xc3])
        let pc = Self.start.advanced(by: 2)
        #expect(SignalReturn.contains(pc, accumulator: 15, in: code))
        #expect(!SignalReturn.contains(pc, accumulator: 39, in: code))
        #expect(!SignalReturn.contains(pc, accumulator: nil, in: code))
        #expect(!SignalReturn.contains(pc.advanced(by: 2), accumulator: 15, in: code))
    }
}
