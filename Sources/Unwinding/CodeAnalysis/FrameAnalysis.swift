internal import ProfileModel

/// Follows what the registers hold through all paths of one function, from its entry.
///
/// Where paths meet, what they don't agree on is unknown. Compilers keep the depth of the stack the same at an instruction
/// however it is reached, which makes this exact but for `alloca` and the like.
struct FrameAnalysis {
    /// Places where paths meet, of about a kilobyte each; the largest functions known have some thousands.
    private static let arrivalLimit = 32_768
    private static let layoutLimit = 16_384

    private let code: FunctionCode
    /// What holds where paths meet or begin, by the index of the instruction.
    private var arrivals: [Int: Arrival] = [:]
    private var isLeader: [Bool]
    private var pending: [Int] = []
    private var alignments: [Int: FrameLayout.Alignment] = [:]
    private let budget: WorkBudget
    private var stepsLeft: Int
    private var isComplete = true

    private struct Arrival {
        var byJump: FrameState?
        /// By going on after a call, which may be one that never returns.
        var afterCall: FrameState?

        /// What holds however it was reached; a depth that differs only after a call shows that the call never returns.
        var state: FrameState? {
            guard let byJump else { return afterCall }
            guard let afterCall else { return byJump }
            if case .at(.frameAddress, let depth) = byJump[.stackPointer],
                case .at(.frameAddress, let other) = afterCall[.stackPointer], depth != other
            {
                return byJump
            }
            return byJump.merged(with: afterCall)
        }
    }

    struct Result {
        /// Behind each call and system call, where sleeping threads are, and at the addresses requested.
        var layouts: [Address: FrameLayout] = [:]
        /// Whether some indirect jump can be a call in tail position, and not only a `switch`.
        var hasIndirectTailCall = true
    }

    /// - Parameters:
    ///   - addresses: instructions that are no calls, whose layouts are wanted, too.
    ///   - budget: when it is exhausted, the result is empty.
    static func result(of code: FunctionCode, at addresses: Set<Address>, budget: WorkBudget) -> Result {
        var analysis = FrameAnalysis(of: code, budget: budget)
        analysis.arrive(at: 0, .entry, afterCall: false)
        analysis.drain()
        analysis.enterUnreachedCode()
        return analysis.isComplete ? analysis.collect(at: addresses) : Result()
    }

    private init(of code: FunctionCode, budget: WorkBudget) {
        self.code = code
        self.budget = budget
        isLeader = [Bool](repeating: false, count: code.instructions.count)
        // Each of 17 values changes at most twice where paths meet; real functions need two or three rounds.
        stepsLeft = 16 * code.instructions.count + 4096
        for (index, instruction) in code.instructions.enumerated() {
            switch instruction.operation {
            case .jump(let target?), .conditionalJump(let target, _): markTarget(target)
            case .call(let target?) where takesReturnAddress(target): isComplete = false
            default: break
            }
            switch instruction.operation {
            case .jump, .leaveFunction, .trap: markLeader(index + 1)
            default: break
            }
        }
    }

    /// Whether a call is a push and a jump within the function.
    private func takesReturnAddress(_ target: Address) -> Bool {
        guard code.range.contains(target), target != code.range.lowerBound else { return false }
        return CalledCode.takesReturnAddress(from: target) { address in
            code.index(of: address).map { code.instructions[$0] }
        }
    }

    private mutating func markTarget(_ target: Address) {
        guard code.range.contains(target) else { return }
        // A jump into the middle of an instruction: the code is not what it seems.
        guard let index = code.index(of: target) else { return isComplete = false }
        markLeader(index)
    }

    private mutating func markLeader(_ index: Int) {
        if index < isLeader.count { isLeader[index] = true }
    }

    // MARK: - Paths

    private mutating func arrive(at index: Int, _ state: FrameState, afterCall: Bool) {
        guard arrivals.count < Self.arrivalLimit || arrivals[index] != nil else { return isComplete = false }
        var arrival = arrivals[index] ?? Arrival()
        let before = arrival.state
        if afterCall {
            arrival.afterCall = arrival.afterCall?.merged(with: state) ?? state
        } else {
            arrival.byJump = arrival.byJump?.merged(with: state) ?? state
        }
        arrivals[index] = arrival
        if arrival.state != before { pending.append(index) }
    }

    private mutating func arrive(at target: Address, _ state: FrameState) {
        if let index = code.index(of: target) { arrive(at: index, state, afterCall: false) }
    }

    private mutating func drain() {
        while isComplete, let leader = pending.popLast() {
            guard var state = arrivals[leader]?.state else { continue }
            var index = leader
            while follow(index, &state) {
                stepsLeft -= 1
                guard stepsLeft > 0, budget.allows(.followingPaths) else { return isComplete = false }
                index += 1
                guard index < isLeader.count else { break }
                if isLeader[index] {
                    let isAfterCall = if case .call = code.instructions[index - 1].operation { true } else { false }
                    arrive(at: index, state, afterCall: isAfterCall)
                    break
                }
            }
        }
    }

    /// Executes one instruction; whether the next one follows.
    private mutating func follow(_ index: Int, _ state: inout FrameState) -> Bool {
        let instruction = code.instructions[index]
        if case .align(.stackPointer, let multiple) = instruction.operation {
            noteAlignment(index, state[.stackPointer], multiple)
        }
        state.execute(instruction, index: index)
        switch instruction.operation {
        case .jump(let target):
            if let target { arrive(at: target, state) }
            return false
        case .conditionalJump(let target, let ifNotEqual):
            arrive(at: target, state)
            if ifNotEqual { learnEquality(before: index, &state) }
            return true
        case .leaveFunction, .trap: return false
        default: return true
        }
    }

    private mutating func noteAlignment(_ index: Int, _ value: FrameValue, _ multiple: Int64) {
        let alignment = FrameLayout.Alignment(rounded: value, multiple: multiple)
        let isKnown = alignments[index].map { $0 == alignment } ?? true
        alignments[index] = isKnown ? alignment : FrameLayout.Alignment(rounded: .unknown, multiple: multiple)
    }

    /// A loop that probes the stack page by page ends when the stack pointer has reached what another register holds.
    private func learnEquality(before index: Int, _ state: inout FrameState) {
        guard index > 0 else { return }
        switch code.instructions[index - 1].operation {
        case .compare(.stackPointer, let other), .compare(let other, .stackPointer):
            if state[other] != .unknown { state[.stackPointer] = state[other] }
        default: break
        }
    }

    // MARK: - Code that no jump leads to

    /// Enters what is reached by an indirect jump (`switch`) or by an exception, in the state of all those jumps and calls.
    private mutating func enterUnreachedCode() {
        guard let state = hiddenState() else { return }
        for leader in isLeader.indices where isLeader[leader] && arrivals[leader] == nil {
            var index = leader
            while index < isLeader.count, code.instructions[index].isPadding, !isArrived(index) {
                index += 1
            }
            guard isComplete, index < isLeader.count, !isArrived(index) else { continue }
            isLeader[index] = true
            arrive(at: index, state, afterCall: false)
            drain()
        }
    }

    private func isArrived(_ index: Int) -> Bool { arrivals[index] != nil }

    /// What holds at all indirect jumps and behind all calls so far; a jump that has left the frame is a tail call.
    private func hiddenState() -> FrameState? {
        var atJumps: FrameState?
        var behindCalls: FrameState?
        walkAll { index, before, after in
            switch code.instructions[index].operation {
            case .jump(target: nil) where before[.stackPointer] != FrameState.entry[.stackPointer]:
                atJumps = atJumps?.merged(with: before) ?? before
            case .call: behindCalls = behindCalls?.merged(with: after) ?? after
            default: break
            }
        }
        guard let atJumps, let behindCalls else { return atJumps ?? behindCalls }
        return atJumps.merged(with: behindCalls)
    }

    // MARK: - Results

    /// Visits each reached instruction with the state before and after it.
    private func walkAll(_ visit: (Int, FrameState, FrameState) -> Void) {
        for (leader, arrival) in arrivals {
            guard var state = arrival.state else { continue }
            var index = leader
            repeat {
                let before = state
                let instruction = code.instructions[index]
                state.execute(instruction, index: index)
                visit(index, before, state)
                if case .conditionalJump(_, ifNotEqual: true) = instruction.operation {
                    learnEquality(before: index, &state)
                }
                switch instruction.operation {
                case .jump, .leaveFunction, .trap: index = isLeader.count
                default: index += 1
                }
            } while index < isLeader.count && !isLeader[index]
        }
    }

    private func collect(at addresses: Set<Address>) -> Result {
        var layouts: [Address: FrameLayout] = [:]
        var switches = 0
        walkAll { index, before, after in
            let address = code.address(of: index)
            guard layouts.count < Self.layoutLimit else { return }
            if addresses.contains(address) { layouts[address] = FrameLayout(state: before, alignments: alignments) }
            switch code.instructions[index].operation {
            case .call, .systemCall:
                layouts[code.end(of: index)] = FrameLayout(state: after, alignments: alignments)
            // A tail call leaves the stack as the function found it.
            case .jump(target: nil):
                if before[.stackPointer] != .unknown, before[.stackPointer] != FrameState.entry[.stackPointer] {
                    switches += 1
                }
            default: break
            }
        }
        let indirectJumps = code.instructions.count { $0.operation == .jump(target: nil) }
        return Result(layouts: layouts, hasIndirectTailCall: switches < indirectJumps)
    }
}

extension MachineInstruction {
    fileprivate var isPadding: Bool {
        switch operation {
        case .padding, .breakpoint: true
        default: false
        }
    }
}
