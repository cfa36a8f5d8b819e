import ProfileModel
import Testing

@testable import Unwinding

/// How to leave a frame, as code shows it.
@Suite struct FrameRuleTests {
    /// A process of one function at 0x1000.
    private final class Function: CodeSource {
        var code: [UInt8]
        private let isFile: Bool
        private let range: Range<Address>

        init(_ code: [UInt8], isFile: Bool = true, at start: UInt64 = 0x1000) {
            self.code = code
            self.isFile = isFile
            range = Address(rawValue: start)..<Address(rawValue: start + 0x10_0000)
        }

        func bytes(at address: Address, count: Int) -> [UInt8] {
            guard range.contains(address) else { return [] }
            return Array(code.dropFirst(Int(address.rawValue - range.lowerBound.rawValue)).prefix(count))
        }

        func executableRange(containing address: Address) -> Range<Address>? { range.contains(address) ? range : nil }

        func isStable(at address: Address) -> Bool { isFile }

        func function(covering address: Address) -> FunctionExtent? { nil }
    }

    private static func address(_ offset: UInt64) -> Address { Address(rawValue: 0x1000 + offset) }

    private static func forward(_ code: [UInt8], at offset: UInt64 = 0) -> [FrameRule] {
        FrameRules(of: Function(code), budget: WorkBudget()).rules(forward: .programCounter(address(offset))).rules
    }

    private static func fromStart(_ code: [UInt8], to address: FrameAddress) -> FrameRule? {
        FrameRules(of: Function(code), budget: WorkBudget()).rule(from: Self.address(0), to: address)
    }

    struct Known: Sendable {
        let code: [UInt8]
        let slot: FrameTerm
        var framePointer: FrameTerm? = .register(.rbp, 0)
    }

    @Test(arguments: [
        // ret
        Known(code: [0xc3], slot: .register(.rsp, 0)),
        // add rsp, 0x18; pop rbx; pop rbp; ret
        Known(
            code: [0x48, 0x83, 0xc4, 0x18, 0x5b, 0x5d, 0xc3], slot: .register(.rsp, 0x28),
            framePointer: .memory(.register(.rsp, 0x20), 0)),
        // call rax; leave; ret
        Known(
            code: [0xff, 0xd0, 0xc9, 0xc3], slot: .register(.rbp, 8), framePointer: .memory(.register(.rbp, 0), 0)),
        // test eax, eax; je to the ret; push rbx; pop rbx; ret
        Known(code: [0x85, 0xc0, 0x74, 0x02, 0x53, 0x5b, 0xc3], slot: .register(.rsp, 0)),
        // OpenSSL: mov rsi, [rsp+0x28]; mov rbp, [rsi-0x10]; lea rsp, [rsi]; ret
        Known(
            code: [0x48, 0x8b, 0x74, 0x24, 0x28, 0x48, 0x8b, 0x6e, 0xf0, 0x48, 0x8d, 0x26, 0xc3],
            slot: .memory(.register(.rsp, 0x28), 0),
            framePointer: .memory(.memory(.register(.rsp, 0x28), -0x10), 0)),
        // V8: leave; pop rcx; lea rsp, [rsp+rax*8]; push rcx; ret
        Known(
            code: [0xc9, 0x59, 0x48, 0x8d, 0x24, 0xc4, 0x51, 0xc3], slot: .register(.rbp, 8),
            framePointer: .memory(.register(.rbp, 0), 0)),
        // A tail call behind an epilogue: pop rbp; jmp rax
        Known(
            code: [0x5d, 0xff, 0xe0], slot: .register(.rsp, 8), framePointer: .memory(.register(.rsp, 0), 0)),
    ])
    func `The way to a return shows where the return address is`(known: Known) throws {
        let rules = Self.forward(known.code)
        try #require(rules.count == 1)
        #expect(rules[0].returnSlot == known.slot)
        #expect(rules[0].registers[.rbp] == known.framePointer)
    }

    @Test(
        arguments: [
            // je to the second ret; ret; pop rax; ret: two depths
            [0x74, 0x01, 0xc3, 0x58, 0xc3]
        ] as [[UInt8]])
    func `Ways that don't agree are all given`(code: [UInt8]) {
        #expect(Set(Self.forward(code).map(\.returnSlot)) == [.register(.rsp, 0), .register(.rsp, 8)])
    }

    @Test(
        arguments: [
            // jmp rax from the middle of a frame: a switch
            [0x48, 0x83, 0xec, 0x08, 0xff, 0xe0],
            // push rax; ret: it jumps
            [0x50, 0xc3],
            // jmp to itself
            [0xeb, 0xfe],
            // call, and padding before another function
            [0xff, 0xd0, 0x66, 0x90, 0xc3],
            // and rsp, -16; ret
            [0x48, 0x83, 0xe4, 0xf0, 0xc3],
            [],
        ] as [[UInt8]])
    func `Code that doesn't show it has no rule`(code: [UInt8]) {
        #expect(Self.forward(code).isEmpty)
    }

    /// push rbp; push rbx; sub rsp, 8; xor ebp, ebp; call rax; jmp back to the call.
    private static let endless: [UInt8] = [0x55, 0x53, 0x48, 0x83, 0xec, 0x08, 0x31, 0xed, 0xff, 0xd0, 0xeb, 0xfc]

    @Test func `The way from a function's start shows it where the function never returns`() throws {
        #expect(Self.forward(Self.endless, at: 8).isEmpty)
        for address in [FrameAddress.programCounter(Self.address(8)), .returnAddress(Self.address(10))] {
            let rule = try #require(Self.fromStart(Self.endless, to: address))
            #expect(rule.returnSlot == .register(.rsp, 0x18))
            #expect(rule.registers[.rbp] == .memory(.register(.rsp, 0x10), 0))
            #expect(rule.registers[.rbx] == .register(.rbx, 0))
            #expect(rule.registers[.r12] == .register(.r12, 0))
        }
        #expect(Self.fromStart(Self.endless, to: .programCounter(Self.address(9))) == nil)
    }

    /// push rbp; mov rbp, rsp; and rsp, -64; sub rsp, 64; call rax.
    @Test func `A frame that is aligned is found by its frame pointer`() throws {
        let code: [UInt8] = [0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xe4, 0xc0, 0x48, 0x83, 0xec, 0x40, 0xff, 0xd0]
        let rule = try #require(Self.fromStart(code, to: .returnAddress(Self.address(14))))
        #expect(rule.returnSlot == .register(.rbp, 8))
    }

    /// mov rax, rsp; and rsp, -64; mov [rsp+8], rax; call rax.
    @Test func `A frame that is aligned is found by what it saved of its stack pointer`() throws {
        let code: [UInt8] = [0x48, 0x89, 0xe0, 0x48, 0x83, 0xe4, 0xc0, 0x48, 0x89, 0x44, 0x24, 0x08, 0xff, 0xd0]
        let rule = try #require(Self.fromStart(code, to: .returnAddress(Self.address(14))))
        #expect(rule.returnSlot == .memory(.register(.rsp, 8), 0))
    }

    @Test(arguments: [
        // call to what follows; pop rax; sub rsp, 0x18; call rax
        Known(
            code: [0xe8, 0, 0, 0, 0, 0x58, 0x48, 0x83, 0xec, 0x18, 0xff, 0xd0], slot: .register(.rsp, 0x18)),
        // The same without the pop.
        Known(code: [0xe8, 0, 0, 0, 0, 0x48, 0x83, 0xec, 0x18, 0xff, 0xd0], slot: .register(.rsp, 0x20)),
        // call over 8 bytes of data; pop rax; push rbx; call rax
        Known(
            code: [0xe8, 8, 0, 0, 0, 0xe9, 0, 0, 0, 0, 0xc3, 0xc3, 0xc3, 0x58, 0x53, 0xff, 0xd0],
            slot: .register(.rsp, 8)),
        // call over a byte; mov rax, [rsp]; add rsp, 8; mov [rdi], rax; push rbx; call rax
        Known(
            code: [0xe8, 1, 0, 0, 0, 0xc3] + [0x48, 0x8b, 0x04, 0x24, 0x48, 0x83, 0xc4, 8, 0x48, 0x89, 7]
                + [0x53, 0xff, 0xd0], slot: .register(.rsp, 8)),
        // call over 5 bytes; push rbx; jmp to a call of rax; mov rax, [rsp]; ret
        Known(
            code: [0xe8, 5, 0, 0, 0, 0x53, 0xeb, 7, 0xcc, 0xcc, 0x48, 0x8b, 4, 0x24, 0xc3, 0xff, 0xd0],
            slot: .register(.rsp, 8)),
        // call over 5 bytes; push rbx; jmp to a call of rax; pop rcx; lfence; jmp rcx
        Known(
            code: [0xe8, 5, 0, 0, 0, 0x53, 0xeb, 8, 0xcc, 0xcc, 0x59, 0x0f, 0xae, 0xe8, 0xff, 0xe1, 0xff, 0xd0],
            slot: .register(.rsp, 8)),
    ])
    func `A call whose return address is taken off the stack pushes a word`(known: Known) throws {
        let end = FrameAddress.returnAddress(Self.address(UInt64(known.code.count)))
        let rule = try #require(Self.fromStart(known.code, to: end))
        #expect(rule.returnSlot == known.slot)
    }

    @Test func `Generated code that was replaced is followed anew`() {
        let function = Function([0xc3], isFile: false)
        let rules = FrameRules(of: function, budget: WorkBudget())
        let leaf = FrameAddress.programCounter(Self.address(0))
        #expect(rules.rules(forward: leaf).rules.map(\.returnSlot) == [.register(.rsp, 0)])
        function.code = [0x58, 0xc3]
        #expect(rules.rules(forward: leaf).rules.map(\.returnSlot) == [.register(.rsp, 8)])
    }

    @Test(arguments: [64, 8192])
    func `Where generated code sets up its frame pointer is searched again when it was replaced`(size: Int) {
        let prologue: [UInt8] = [0x55, 0x48, 0x89, 0xe5]
        let nothing = [UInt8](repeating: 0x90, count: size)
        let function = Function(prologue + nothing, isFile: false)
        let budget = WorkBudget()
        let rules = FrameRules(of: function, budget: budget)
        let end = Self.address(UInt64(size) - 16)
        #expect(rules.frameStart(before: end) == Self.address(0))
        function.code.replaceSubrange(size - 40..<size - 36, with: prologue)
        #expect(rules.frameStart(before: end) == Self.address(UInt64(size) - 40))
        function.code = nothing + nothing
        #expect(rules.frameStart(before: end) == nil)
        function.code.replaceSubrange(size - 48..<size - 44, with: prologue)
        #expect(rules.frameStart(before: end) == Self.address(UInt64(size) - 48))
        // From here on there is only what is kept.
        #expect(!budget.allows(.decodingBytes, .max))
        #expect(rules.frameStart(before: end) == Self.address(UInt64(size) - 48))
        function.code[size - 48] = 0x90
        #expect(rules.frameStart(before: end) == nil)
    }

    /// At 0x20, `sub rsp, depth` and a `jmp` to 0, which changes only there.
    @Test func `A function that begins behind its lowest instruction is followed anew, too`() throws {
        let start: UInt64 = 0x20
        // At 0, jmp to itself.
        func code(_ depth: UInt8) -> [UInt8] {
            [0xeb, 0xfe] + [UInt8](repeating: 0x90, count: 0x1e) + [0x48, 0x83, 0xec, depth, 0xeb, 0xda]
        }
        let function = Function(code(8), isFile: false)
        let rules = FrameRules(of: function, budget: WorkBudget())
        let leaf = FrameAddress.programCounter(Self.address(0))
        #expect(rules.rule(from: Self.address(start), to: leaf)?.returnSlot == .register(.rsp, 8))
        function.code = code(0x18)
        #expect(rules.rule(from: Self.address(start), to: leaf)?.returnSlot == .register(.rsp, 0x18))
    }

    /// A `jmp` over 200 KiB: only what is executed is kept and compared.
    @Test func `Generated code that is far apart is followed once`() throws {
        let distance = 200 * 1024
        let jump: [UInt8] = [0x50, 0xe9, 0, 0x20, 0x03, 0]
        let function = Function(jump + [UInt8](repeating: 0x90, count: distance) + [0x58, 0xc3], isFile: false)
        let budget = WorkBudget()
        let rules = FrameRules(of: function, budget: budget)
        let place = FrameAddress.programCounter(Self.address(1))
        #expect(rules.rules(forward: place).rules.map(\.returnSlot) == [.register(.rsp, 8)])
        #expect(rules.rule(from: Self.address(0), to: place)?.returnSlot == .register(.rsp, 8))
        #expect(rules.codeSize < 1024)
        // From here on there is only what is kept.
        #expect(!budget.allows(.decodingBytes, .max))
        #expect(rules.rules(forward: place).rules.count == 1)
        #expect(rules.rule(from: Self.address(0), to: place) != nil)
        function.code[6 + distance] = 0x59
        #expect(rules.rules(forward: place).rules.isEmpty)
    }

    /// `mov rax, 0` of ten bytes, 2,000 times.
    @Test func `The code that is kept is bounded`() {
        let code = [UInt8]([[UInt8]](repeating: [0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0], count: 2000).joined()) + [0xc3]
        let function = Function(code, isFile: false)
        let graph = PathGraph(from: Self.address(0), in: function, budget: WorkBudget(), limit: 3000)
        var results = CodeResults<Int, Int>(limit: 8192)
        var sizes: [Int] = []
        for key in 0..<500 {
            results.keep(key, of: key, cost: 1, from: graph, in: function)
            sizes.append(results.codeSize)
        }
        #expect(sizes.allSatisfy { (20_000...8 << 20).contains($0) })
        #expect(sizes.last.map { $0 < 4 << 20 } == true)
        // What is found again takes the place of what was found before.
        let size = results.codeSize
        results.keep(0, of: 499, cost: 1, from: graph, in: function)
        #expect(results.codeSize == size)
        #expect(results.value(of: 499, for: [Self.address(0)], in: function) == 0)
    }

    private static func hosts(_ code: [UInt8]) -> [FrameRule] {
        FrameRules(of: Function(code), budget: WorkBudget()).hostRules(from: address(0))
    }

    @Test func `A function that jumps to where its caller says keeps what it saved`() throws {
        // push rbx; sub rsp, 0x20; mov [rsp], rbp; mov [rsp-8], r12; mov rax, rdi; jmp rax
        let rules = Self.hosts([
            0x53, 0x48, 0x83, 0xec, 0x20, 0x48, 0x89, 0x2c, 0x24, 0x4c, 0x89, 0x64, 0x24, 0xf8, 0x48, 0x89, 0xf8, 0xff,
            0xe0,
        ])
        try #require(rules.count == 1)
        #expect(rules[0].returnSlot == .register(.rsp, 0x28))
        #expect(rules[0].stackPointer == .register(.rsp, 0x30))
        // What it jumps to may use what is below the stack pointer, and all registers.
        #expect(
            rules[0].registers == [
                .rbx: .memory(.register(.rsp, 0x20), 0), .rbp: .memory(.register(.rsp, 0), 0),
            ])
    }

    @Test(
        arguments: [
            // jmp rdi, without a frame
            [0xff, 0xe7],
            // sub rsp, 8; jmp [rdi*8+0x1000]
            [0x48, 0x83, 0xec, 0x08, 0xff, 0x24, 0xfd, 0, 0x10, 0, 0],
            // sub rsp, 8; xor eax, eax; jmp rax
            [0x48, 0x83, 0xec, 0x08, 0x31, 0xc0, 0xff, 0xe0],
            // sub rsp, 8; mov rax, [rsp]; jmp rax
            [0x48, 0x83, 0xec, 0x08, 0x48, 0x8b, 0x04, 0x24, 0xff, 0xe0],
            // and rsp, -16; jmp rdi
            [0x48, 0x83, 0xe4, 0xf0, 0xff, 0xe7],
        ] as [[UInt8]])
    func `No other jump leaves a frame to what it leads to`(code: [UInt8]) {
        #expect(Self.hosts(code).isEmpty)
    }

    @Test func `Jumps that leave the stack pointer at different places show no frame of another function`() {
        func exits(_ code: [UInt8]) -> JumpExits? {
            FrameRules(of: Function(code), budget: WorkBudget()).rules(forward: .programCounter(Self.address(0))).exits
        }
        // je to the last jump; push rax; jmp rbx; jmp rcx
        #expect(exits([0x74, 0x03, 0x50, 0xff, 0xe3, 0xff, 0xe1]) == nil)
        // add rsp, 8; je to the ret; jmp rbx; add rsp, 0x10; ret
        let exits = exits([0x48, 0x83, 0xc4, 0x08, 0x74, 0x02, 0xff, 0xe3, 0x48, 0x83, 0xc4, 0x10, 0xc3])
        #expect(exits == JumpExits(stackPointer: .register(.rsp, 8), returnSlots: [.register(.rsp, 0x18)]))
    }

    @Test func `Code at address zero is code as any other`() throws {
        // jmp to itself; push rax; ret
        for code in [[0xeb, 0xfe], [0x50, 0x58, 0xc3]] as [[UInt8]] {
            let rules = FrameRules(of: Function(code, at: 0), budget: WorkBudget())
            let start = FrameAddress.programCounter(Address(rawValue: 0))
            #expect(rules.rule(from: start.value, to: start)?.returnSlot == .register(.rsp, 0))
            _ = rules.rules(forward: start)
        }
    }

    @Test(arguments: [700, 2100])
    func `Generated code is followed further than a file's`(count: Int) {
        let long = [0x74, 0x01, 0xc3] + [UInt8](repeating: 0x90, count: count) + [0xc3]
        let generated = FrameRules(of: Function(long, isFile: false), budget: WorkBudget())
        #expect(generated.rules(forward: .programCounter(Self.address(0))).isComplete == (count < 2000))
        let file = FrameRules(of: Function(long), budget: WorkBudget())
        #expect(!file.rules(forward: .programCounter(Self.address(0))).isComplete)
    }

    @Test func `Ways that are too long to be followed are told from others`() {
        let long = [0x74, 0x01, 0xc3] + [UInt8](repeating: 0x90, count: 600) + [0x58, 0xc3]
        let rules = FrameRules(of: Function(long), budget: WorkBudget())
        let near = rules.rules(forward: .programCounter(Self.address(0)))
        #expect(near.rules.map(\.returnSlot) == [.register(.rsp, 0)])
        #expect(!near.isComplete)
        #expect(rules.rules(forward: .programCounter(Self.address(400))).isComplete)
        // Behind a call that never returns, bytes that are no instruction: nothing is there to follow.
        let call = FrameRules(of: Function([0x74, 0x02, 0xff, 0xd0, 0x06]), budget: WorkBudget())
        #expect(call.rules(forward: .programCounter(Self.address(0))).isComplete)
    }

    @Test func `A function has no more than so many rules`() {
        var rules = FunctionRules()
        for index in 0..<1000 as Range<UInt64> {
            let rule = FrameRule(returnSlot: .register(.rsp, Int64(index)), stackPointer: nil, registers: [:])
            rules.add(rule, at: .programCounter(Address(rawValue: index)))
            rules.add(rule, at: .returnAddress(Address(rawValue: index)))
        }
        #expect(rules.count == 512)
        #expect(rules[.returnAddress(Address(rawValue: 255))]?.returnSlot == .register(.rsp, 255))
        #expect(rules[.programCounter(Address(rawValue: 256))] == nil)
    }
}
