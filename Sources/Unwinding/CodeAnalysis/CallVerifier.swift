internal import ProfileModel

/// A call instruction that ends where a return address points.
struct CallSite: Equatable {
    /// Where the call goes, when the instruction itself says so.
    let target: Address?
}

/// Whether a call can have led to a place, as far as code shows.
enum CallEvidence {
    /// The call goes to another function, which doesn't jump on to that place.
    case excluded
    /// It is an indirect call, or one through a stub or a function that may have jumped on.
    case possible
    /// It names the function.
    case certain
}

/// Determines whether a call can have led to a place in the code of a process.
///
/// It decodes the instruction before a return address, and what the code that it calls jumps on to. Belongs to one thread.
final class CallVerifier {
    /// Jumps from function to function that are followed; behind them all is possible.
    private static let longestChain = 3
    /// More ways out of a function than can be followed.
    private static let exitLimit = 16
    private static let longestStub = 8
    private static let knownLimit = 16_384
    /// A direct call to a function that begins further back than this did not call code whose function isn't known.
    private static let largestFunction: UInt64 = 1 << 20

    /// Whether code at `origin` may jump on to the function that begins at `function`.
    private struct JumpQuestion: Hashable {
        let origin: Address
        let function: Address
    }

    private let code: any CodeSource
    private let layouts: FrameLayouts
    private let budget: WorkBudget
    private var knownJumps: [JumpQuestion: Bool] = [:]
    private var knownTakers: [Address: Bool] = [:]

    init(of code: any CodeSource, layouts: FrameLayouts, budget: WorkBudget) {
        self.code = code
        self.layouts = layouts
        self.budget = budget
    }

    func removeAll() {
        knownJumps.removeAll()
        knownTakers.removeAll()
    }

    // MARK: - The call before a return address

    /// The call that `returnAddress` follows; `nil` when the instruction before it is no call, or one to code that takes
    /// its return address and doesn't go back there.
    func call(before returnAddress: Address) -> CallSite? {
        guard let found = instruction(before: returnAddress) else { return nil }
        if let target = found.target, takesReturnAddress(target) { return nil }
        return found
    }

    private func takesReturnAddress(_ target: Address) -> Bool {
        if let known = knownTakers[target] { return known }
        let isTaken = CalledCode.takesReturnAddress(from: target, in: code, budget: budget)
        guard code.isStable(at: target), !budget.isExhausted(.decodingBytes) else { return isTaken }
        if knownTakers.count >= Self.knownLimit { knownTakers.removeAll() }
        knownTakers[target] = isTaken
        return isTaken
    }

    private func instruction(before returnAddress: Address) -> CallSite? {
        let longest = MachineInstruction.longestCall
        guard returnAddress.rawValue >= UInt64(longest) else { return nil }
        let start = returnAddress.lowered(by: UInt64(longest))
        let bytes = code.bytes(at: start, count: longest)
        guard bytes.count == longest else { return nil }
        var found: CallSite?
        for offset in bytes.indices where MachineInstruction.mayBeginCall(bytes[offset]) {
            guard let instruction = MachineInstruction(in: bytes, at: offset, base: start),
                case .call(let target) = instruction.operation, offset + instruction.length == longest
            else { continue }
            // The bytes are two calls, of which one is a part of the other.
            if let found, found.target != target { return decidedCall(before: returnAddress) }
            found = CallSite(target: target)
        }
        return found
    }

    /// The call that the instructions of its function, decoded from the function's start, have before a return address.
    ///
    /// Where they don't decide which of several calls it is, any function may have been called.
    private func decidedCall(before returnAddress: Address) -> CallSite {
        let last = returnAddress.lowered(by: 1)
        guard let range = code.function(covering: last)?.range,
            let function = FunctionCode(of: range, in: code, budget: budget),
            let index = function.index(endingAt: returnAddress),
            case .call(let target) = function.instructions[index].operation
        else { return CallSite(target: nil) }
        return CallSite(target: target)
    }

    // MARK: - Where it can have led

    /// Whether a call can have led to the function that covers `instruction`.
    func evidence(of call: CallSite, leadingTo instruction: Address) -> CallEvidence {
        if let function = code.function(covering: instruction) { return evidence(of: call, leadingTo: function.range) }
        guard let target = call.target else { return .possible }
        // Where the function begins is not known.
        let isNear = target <= instruction && instruction.rawValue - target.rawValue < Self.largestFunction
        return isNear || isElsewhere(target, than: instruction) ? .possible : .excluded
    }

    /// Whether a call can have led to a function.
    func evidence(of call: CallSite, leadingTo function: Range<Address>) -> CallEvidence {
        guard let target = call.target else { return .possible }
        guard target != function.lowerBound else { return .certain }
        let question = JumpQuestion(origin: target, function: function.lowerBound)
        if let known = knownJumps[question] { return known ? .possible : .excluded }
        let mayLead = mayLead(from: target, to: function, chain: Self.longestChain)
        if !budget.isExhausted(.decodingBytes), !budget.isExhausted(.followingPaths) {
            if knownJumps.count >= Self.knownLimit { knownJumps.removeAll() }
            knownJumps[question] = mayLead
        }
        return mayLead ? .possible : .excluded
    }

    /// Whether the call went to a stub of another object (PLT), which jumped on.
    private func isElsewhere(_ target: Address, than instruction: Address) -> Bool {
        guard let here = code.executableRange(containing: instruction),
            let there = code.executableRange(containing: target)
        else { return false }
        return here != there
    }

    private func mayLead(from origin: Address, to function: Range<Address>, chain: Int) -> Bool {
        if function.contains(origin) || chain == 0 { return true }
        guard code.executableRange(containing: origin) != nil else { return false }
        guard let extent = code.function(covering: origin), extent.range.lowerBound == origin else {
            return stubMayLead(from: origin, to: function, chain: chain)
        }
        guard let body = FunctionCode(of: extent.range, in: code, budget: budget) else { return true }
        let hasIndirectJump = body.instructions.contains { $0.operation == .jump(target: nil) }
        if hasIndirectJump, layouts.hasIndirectTailCall(extent) { return true }
        var seen: Set<Address> = []
        for instruction in body.instructions {
            switch instruction.operation {
            // A thunk that calls a place within itself puts the address to go on at there, and returns to it (retpoline).
            case .call(let target?) where target != origin && body.range.contains(target): return true
            case .jump(let target?), .conditionalJump(let target, _):
                guard !body.range.contains(target), seen.insert(target).inserted else { continue }
                guard seen.count <= Self.exitLimit else { return true }
                if mayLead(from: target, to: function, chain: chain - 1) { return true }
            default: break
            }
        }
        return body.fallsThrough && mayLead(from: body.range.upperBound, to: function, chain: chain - 1)
    }

    /// What begins within no known function, or in the middle of one, such as an entry of a procedure linkage table.
    private func stubMayLead(from origin: Address, to function: Range<Address>, chain: Int) -> Bool {
        let bytes = code.bytes(at: origin, count: Self.longestStub * MachineInstruction.longest)
        var offset = 0
        for _ in 0..<Self.longestStub {
            guard let instruction = MachineInstruction(in: bytes, at: offset, base: origin) else { return true }
            offset += instruction.length
            switch instruction.operation {
            case .jump(let target):
                guard let target else { return true }
                return mayLead(from: target, to: function, chain: chain - 1)
            case .leaveFunction, .trap: return false
            default: break
            }
        }
        return true
    }
}
