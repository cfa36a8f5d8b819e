internal import ObjectFiles
internal import ProfileModel

/// Whether code at `origin` may jump on to the function that begins at `function`.
struct JumpQuestion: Hashable {
    let origin: Address
    let function: Address
}

/// Whether a call can have led to a function, as far as code tells.
enum CallEvidence {
    /// The call goes to another function, which doesn't jump on to this one.
    case excluded
    /// It is an indirect call, or one through a stub or a function that may have jumped on.
    case possible
    /// It names the function.
    case certain

    /// Jumps from function to function that are followed; behind them all is possible.
    private static let longestChain = 3
    private static let longestStub = 8
    private static let knownLimit = 16_384

    init(_ site: CallSite, to function: Range<Address>, in memory: UnwindMemory) {
        guard let target = site.target else {
            self = .possible
            return
        }
        guard target != function.lowerBound else {
            self = .certain
            return
        }
        let question = JumpQuestion(origin: target, function: function.lowerBound)
        let mayLead =
            memory.knownJumps[question]
            ?? Self.mayLead(from: target, to: function, in: memory, chain: Self.longestChain)
        self = mayLead ? .possible : .excluded
        guard !memory.isDecodingExhausted else { return }
        if memory.knownJumps.count >= Self.knownLimit { memory.knownJumps.removeAll() }
        memory.knownJumps[question] = mayLead
    }

    private static func mayLead(
        from origin: Address, to function: Range<Address>, in memory: UnwindMemory, chain: Int
    ) -> Bool {
        if function.contains(origin) || chain == 0 { return true }
        guard memory.addressSpace.mapping(containing: origin)?.isExecutable == true else { return false }
        guard let extent = memory.function(covering: origin), extent.range.lowerBound == origin else {
            return stubMayLead(from: origin, to: function, in: memory, chain: chain)
        }
        guard let code = FunctionCode(of: extent.range, in: memory) else { return true }
        let hasIndirectJump = code.instructions.contains { $0.operation == .jump(target: nil) }
        if hasIndirectJump, memory.hasIndirectTailCall(extent) { return true }
        var seen: Set<Address> = []
        for instruction in code.instructions {
            switch instruction.operation {
            case .jump(let target?), .conditionalJump(let target, _):
                guard !code.range.contains(target), seen.insert(target).inserted else { continue }
                // Many ways out: more than can be followed.
                guard seen.count <= 16 else { return true }
                if mayLead(from: target, to: function, in: memory, chain: chain - 1) { return true }
            default: break
            }
        }
        return false
    }

    /// What begins within no known function, or in the middle of one, such as an entry of a procedure linkage table.
    private static func stubMayLead(
        from origin: Address, to function: Range<Address>, in memory: UnwindMemory, chain: Int
    ) -> Bool {
        let code = memory.code(at: origin, count: longestStub * MachineInstruction.longest)
        var offset = 0
        for _ in 0..<longestStub {
            guard let instruction = MachineInstruction(in: code, at: offset, base: origin) else { return true }
            offset += instruction.length
            switch instruction.operation {
            case .jump(let target):
                guard let target else { return true }
                return mayLead(from: target, to: function, in: memory, chain: chain - 1)
            case .end: return false
            default: break
            }
        }
        return true
    }
}
