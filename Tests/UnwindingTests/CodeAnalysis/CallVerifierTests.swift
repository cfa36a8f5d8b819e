import ProfileModel
import Testing

@testable import Unwinding

/// Whether a call can have led to a place.
@Suite struct CallVerifierTests {
    /// A process of some functions at 0x1000, 0x2000, …, each of 256 bytes, filled up by `int3`.
    private final class Functions: CodeSource {
        private let functions: [[UInt8]]
        let budget = WorkBudget()

        init(_ functions: [[UInt8]]) { self.functions = functions }

        func bytes(at address: Address, count: Int) -> [UInt8] {
            guard let extent = function(covering: address) else { return [] }
            let index = Int(extent.range.lowerBound.rawValue / 0x1000) - 1
            let whole = functions[index] + [UInt8](repeating: 0xcc, count: 256 - functions[index].count)
            return Array(whole.dropFirst(Int(address.rawValue - extent.range.lowerBound.rawValue)).prefix(count))
        }

        func isStable(at address: Address) -> Bool { true }

        func executableRange(containing address: Address) -> Range<Address>? {
            Address(rawValue: 0x1000)..<Address(rawValue: 0x10_0000)
        }

        func function(covering address: Address) -> FunctionExtent? {
            let start = address.rawValue & ~0xfff
            guard address.rawValue < start + 256, (1...functions.count).contains(Int(start / 0x1000)) else {
                return nil
            }
            return FunctionExtent(start: start, end: start + 256, beginsWithCall: true)
        }

        var calls: CallVerifier {
            CallVerifier(of: self, layouts: FrameLayouts(of: self, budget: budget), budget: budget)
        }
    }

    private static func relative(_ opcode: UInt8, at address: UInt64, to target: UInt64) -> [UInt8] {
        [opcode] + ForgedObject.little(target &- (address + 5), 4)
    }

    private func call(_ bytes: [UInt8]) -> CallSite? {
        let padded = [UInt8](repeating: 0x90, count: 16) + bytes
        return Functions([padded]).calls.call(before: Address(rawValue: 0x1000 + UInt64(padded.count)))
    }

    @Test(
        arguments: [
            [0xff, 0xd0],  // call rax
            [0x41, 0xff, 0xd4],  // call r12
            [0xff, 0x10],  // call [rax]
            [0xff, 0x50, 0x08],  // call [rax+8]
            [0xff, 0x54, 0xc8, 0x08],  // call [rax+8*rcx+8]
            [0xff, 0x15, 1, 2, 3, 4],  // call [rip+…]
            [0xff, 0x90, 1, 2, 3, 4],  // call [rax+…]
            [0xff, 0x14, 0x25, 1, 2, 3, 4],  // call […]
            [0xff, 0x94, 0xc8, 1, 2, 3, 4],  // call [rax+8*rcx+…]
            [0x42, 0xff, 0x94, 0xe0, 1, 2, 3, 4],  // call [rax+8*r12+…]
        ] as [[UInt8]])
    func `An indirect call says not where it goes`(bytes: [UInt8]) {
        #expect(call(bytes) == CallSite(target: nil))
    }

    @Test(
        arguments: [
            [0xe9, 1, 0, 0, 0],  // jmp
            [0xff, 0xe0],  // jmp rax
            [0xff, 0x1c, 0x25, 1, 2, 3, 4],  // a far call
            [0xff, 0x90, 1, 2],  // a part of a call
            [0xc3], [0x0f, 0x05], [0xcc],
        ] as [[UInt8]])
    func `What is no call led nowhere`(bytes: [UInt8]) { #expect(call(bytes) == nil) }

    @Test func `A direct call names its target`() {
        let bytes = Self.relative(0xe8, at: 0x1010, to: 0x3000)
        #expect(call(bytes) == CallSite(target: Address(rawValue: 0x3000)))
        #expect(call([]) == nil)
        let calls = Functions([]).calls
        #expect(calls.call(before: Address(rawValue: 3)) == nil)
        #expect(calls.call(before: Address(rawValue: .max)) == nil)
    }

    @Test(
        arguments: [
            [0x58, 0x48, 0x89, 0x07, 0xc3],  // pop rax; mov [rdi], rax; ret
            [0x48, 0x83, 0xc4, 0x08, 0xc3],  // add rsp, 8; ret
            [0x48, 0x8d, 0x64, 0x24, 0x08, 0xeb, 0xfe],  // lea rsp, [rsp+8]; jmp to itself
            [0x53, 0x5b, 0x8f, 0x07, 0xff, 0xe0],  // push rbx; pop rbx; pop [rdi]; jmp rax
            [0x59, 0x31, 0xc9, 0xff, 0xe1],  // pop rcx; xor ecx, ecx; jmp rcx
        ] as [[UInt8]])
    func `A call is none to return to where its return address is taken`(callee: [UInt8]) {
        let caller = [UInt8](repeating: 0x90, count: 16) + Self.relative(0xe8, at: 0x1010, to: 0x2000)
        let functions = Functions([caller, callee])
        #expect(functions.calls.call(before: Address(rawValue: 0x1015)) == nil)
        #expect(call([0xe8, 0, 0, 0, 0]) == nil)
    }

    @Test(
        arguments: [
            [0x48, 0x8b, 0x04, 0x24, 0xc3],  // mov rax, [rsp]; ret
            [0x53, 0x5b, 0xc3],  // push rbx; pop rbx; ret
            // push rbx; sub rsp, -128; sub rsp, 0x100; call rax
            [0x53, 0x48, 0x83, 0xec, 0x80, 0x48, 0x81, 0xec, 0, 1, 0, 0, 0xff, 0xd0],
            [0x59, 0x0f, 0xae, 0xe8, 0xff, 0xe1],  // pop rcx; lfence; jmp rcx
            [0x59, 0x48, 0x89, 0xc8, 0xff, 0xe0],  // pop rcx; mov rax, rcx; jmp rax
            [0x5a, 0xb8, 0x3a, 0, 0, 0, 0x0f, 0x05, 0x52, 0xc3],  // pop rdx; mov eax, 58; syscall; push rdx; ret
            // pop rax; mov [rdi], rax; mov [rdi+8], rsp; mov rsp, [rsi+8]; jmp [rsi]
            [0x58, 0x48, 0x89, 7, 0x48, 0x89, 0x67, 8, 0x48, 0x8b, 0x66, 8, 0xff, 0x26],
            [0xff, 0xe0], [0x06],
        ] as [[UInt8]])
    func `A call is one to return to where its return address is only moved`(callee: [UInt8]) {
        let caller = [UInt8](repeating: 0x90, count: 16) + Self.relative(0xe8, at: 0x1010, to: 0x2000)
        let functions = Functions([caller, callee])
        #expect(
            functions.calls.call(before: Address(rawValue: 0x1015)) == CallSite(target: Address(rawValue: 0x2000)))
    }

    /// `call [rax+8*rbp+…]` is `ff 94 e8` and four bytes, of which the last five are a direct call.
    @Test func `Of two calls that end at the same place the function's own instructions decide`() {
        #expect(call([0xff, 0x94, 0xe8, 1, 0, 0, 0]) == CallSite(target: nil))
        // mov eax, 0x94ff…; call
        let moved: [UInt8] = [0xb8, 0, 0, 0xff, 0x94] + Self.relative(0xe8, at: 0x1015, to: 0x2000)
        #expect(call(moved) == CallSite(target: Address(rawValue: 0x2000)))
        // Where the instructions can't be decoded, both are possible.
        let undecodable = Functions([[0x06] + [UInt8](repeating: 0x90, count: 15) + moved])
        #expect(undecodable.calls.call(before: Address(rawValue: 0x101a)) == CallSite(target: nil))
    }

    @Test func `A call that goes elsewhere is excluded unless it is jumped on from there`() {
        let functions = Functions([
            Self.relative(0xe9, at: 0x1000, to: 0x2000),  // jumps on to the second
            [0x55, 0xc3],
            [0xc3],
            [0xff, 0xe0],  // jmp rax
            Self.relative(0xe9, at: 0x5000, to: 0x1000),  // jumps on twice
            // As a retpoline: call +2; (pause; lfence); mov [rsp], rax; ret
            Self.relative(0xe8, at: 0x6000, to: 0x6007) + [0xf3, 0x90, 0x48, 0x89, 0x04, 0x24, 0xc3],
            // movabs rax, …: the bytes of a jump to the second function in an operand.
            [0x48, 0xb8] + Self.relative(0xe9, at: 0x7002, to: 0x2000) + [0, 0, 0, 0xc3],
        ])
        let second = Address(rawValue: 0x2000)..<Address(rawValue: 0x2100)
        func evidence(_ target: UInt64?) -> CallEvidence {
            functions.calls.evidence(of: CallSite(target: target.map(Address.init(rawValue:))), leadingTo: second)
        }
        #expect(evidence(0x2000) == .certain)
        #expect(evidence(nil) == .possible)
        #expect(evidence(0x1000) == .possible)
        #expect(evidence(0x2001) == .possible)
        #expect(evidence(0x3000) == .excluded)
        #expect(evidence(0x4000) == .possible)
        #expect(evidence(0x5000) == .possible)
        #expect(evidence(0x6000) == .possible)
        #expect(evidence(0x7000) == .excluded)
    }

    @Test func `Of a function whose start is not known any call from near before may have led to it`() {
        let calls = Functions([[0xc3]]).calls
        let unknown = Address(rawValue: 0x9_0800)
        #expect(calls.evidence(of: CallSite(target: Address(rawValue: 0x9_0700)), leadingTo: unknown) == .possible)
        #expect(calls.evidence(of: CallSite(target: Address(rawValue: 0x9_0900)), leadingTo: unknown) == .excluded)
        #expect(calls.evidence(of: CallSite(target: nil), leadingTo: unknown) == .possible)
    }
}
