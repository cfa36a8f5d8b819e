internal import ProfileModel

/// Follows what registers and stack hold along the paths of a graph.
///
/// Where paths meet, what they don't agree on is unknown.
struct PathAnalysis {
    /// In instructions of the quicker `FrameAnalysis`.
    private static let costOfStep = 4
    private static let costOfRule = 16

    private let graph: PathGraph
    private let budget: WorkBudget
    private var origins = PathOrigins()
    private var arrivals: [Address: Arrival] = [:]
    private var pending: [Address] = []
    private var stepsLeft: Int
    private(set) var isComplete = true

    private struct Arrival {
        var byJump: PathState?
        /// By going on after a call, which may be one that never returns.
        var afterCall: PathState?

        /// What holds however it was reached; a stack pointer that differs only after a call shows that the call never
        /// returns.
        var state: PathState? {
            guard let byJump else { return afterCall }
            guard let afterCall else { return byJump }
            return byJump[.stackPointer] == afterCall[.stackPointer] ? byJump.merged(with: afterCall) : byJump
        }
    }

    init(of graph: PathGraph, from start: Address, budget: WorkBudget) {
        self.graph = graph
        self.budget = budget
        stepsLeft = 16 * graph.nodes.count + 256
        arrive(at: start, .initial, afterCall: false)
        while isComplete, let leader = pending.popLast() { follow(from: leader) }
    }

    private mutating func arrive(at address: Address, _ state: PathState, afterCall: Bool) {
        var arrival = arrivals[address] ?? Arrival()
        let before = arrival.state
        if afterCall {
            arrival.afterCall = arrival.afterCall?.merged(with: state) ?? state
        } else {
            arrival.byJump = arrival.byJump?.merged(with: state) ?? state
        }
        arrivals[address] = arrival
        if state.isOverflown { isComplete = false }
        if arrival.state != before { pending.append(address) }
    }

    private mutating func follow(from leader: Address) {
        guard var state = arrivals[leader]?.state else { return }
        var address = leader
        while let node = graph.nodes[address] {
            stepsLeft -= 1
            guard stepsLeft > 0, budget.allows(.followingPaths, Self.costOfStep) else { return isComplete = false }
            if case .call(let target?) = node.instruction.operation, graph.pushingCalls.contains(address) {
                state.pushReturnAddress()
                return arrive(at: target, state, afterCall: false)
            }
            state.execute(node.instruction, at: address, &origins)
            switch node.instruction.operation {
            case .jump(let target):
                if let target, !graph.tailJumps.contains(address) { arrive(at: target, state, afterCall: false) }
                return
            case .conditionalJump(let target, _):
                if !graph.tailJumps.contains(address) { arrive(at: target, state, afterCall: false) }
            case .leaveFunction, .trap, .breakpoint: return
            default: break
            }
            guard node.goesOn else { return }
            if graph.joins.contains(node.next) {
                let isAfterCall = if case .call = node.instruction.operation { true } else { false }
                return arrive(at: node.next, state, afterCall: isAfterCall)
            }
            address = node.next
        }
    }

    /// Visits each instruction that was reached, with what holds before it.
    private func walkAll(_ visit: (Address, PathGraph.Node, PathState, inout PathOrigins) -> Void) {
        var origins = origins
        for (leader, arrival) in arrivals {
            guard var state = arrival.state else { continue }
            var following: Address? = leader
            while let address = following, let node = graph.nodes[address] {
                visit(address, node, state, &origins)
                guard !graph.pushingCalls.contains(address) else { break }
                state.execute(node.instruction, at: address, &origins)
                switch node.instruction.operation {
                case .jump, .leaveFunction, .trap, .breakpoint: following = nil
                default: following = node.goesOn && !graph.joins.contains(node.next) ? node.next : nil
                }
            }
        }
    }

    // MARK: - From an instruction to where its function ends

    /// The rules for the frame that is about to execute the first instruction, by all ways out of the function.
    ///
    /// More than one when the ways don't agree, as where a call never returns and what follows it is another function.
    func rulesByEnds() -> [FrameRule] {
        guard isComplete, budget.allows(.followingPaths, Self.costOfRule * graph.nodes.count) else { return [] }
        var certain: [FrameTerm: FrameRule] = [:]
        var possible: [FrameTerm: FrameRule] = [:]
        walkAll { address, node, state, origins in
            switch node.instruction.operation {
            case .leaveFunction(let count):
                Self.add(Self.rule(atReturn: state, popping: count, &origins), to: &certain)
            case .jump(.some), .conditionalJump:
                guard graph.tailJumps.contains(address) else { return }
                Self.add(Self.rule(atReturn: state, popping: 0, &origins), to: &certain)
            case .jump(nil):
                let rule = Self.rule(atReturn: state, popping: 0, &origins)
                if node.instruction.jumpsThroughVariable || state.hasLeftFrame(origins) {
                    Self.add(rule, to: &certain)
                } else if state[.stackPointer] == .initial(.stackPointer) {
                    Self.add(rule, to: &possible)
                }
            default: break
            }
        }
        return Array((certain.isEmpty ? possible : certain).values)
    }

    private static func add(_ rule: FrameRule?, to rules: inout [FrameTerm: FrameRule]) {
        guard let rule else { return }
        rules[rule.returnSlot] = rules[rule.returnSlot]?.merged(with: rule) ?? rule
    }

    /// The rule by what holds right before a return.
    private static func rule(
        atReturn state: PathState, popping count: UInt64, _ origins: inout PathOrigins
    ) -> FrameRule? {
        guard let top = state[.stackPointer], let target = state.read(at: top, &origins),
            let slot = origins.place(of: target), let returnSlot = origins.term(slot)
        else { return nil }
        var registers: [NativeRegisters.Name: FrameTerm] = [:]
        for name in NativeRegisters.Name.preservedByCalls {
            if let value = state[name], let term = origins.term(value) { registers[name] = term }
        }
        let distance = 8 + Int64(count)
        return FrameRule(
            returnSlot: returnSlot, stackPointer: top.advanced(by: distance).flatMap(origins.term), registers: registers
        )
    }

    /// How the code is left if jumps lead out of it that leave the stack pointer all at one place; `nil` where it isn't so, or
    /// isn't known.
    func jumpExits() -> JumpExits? {
        guard isComplete, graph.nodes.values.contains(where: { $0.instruction.operation == .jump(target: nil) }),
            budget.allows(.followingPaths, Self.costOfRule * graph.nodes.count)
        else { return nil }
        var places: Set<FrameTerm?> = []
        var returnSlots: Set<FrameTerm?> = []
        var hasCallLikeJump = false
        walkAll { address, node, state, origins in
            switch node.instruction.operation {
            case .leaveFunction: returnSlots.insert(Self.rule(atReturn: state, popping: 0, &origins)?.returnSlot)
            case .jump(nil): places.insert(state[.stackPointer].flatMap(origins.term))
            case .jump, .conditionalJump: if graph.tailJumps.contains(address) { hasCallLikeJump = true }
            default: break
            }
        }
        guard !hasCallLikeJump, places.count == 1, let place = places.first.flatMap({ $0 }), !returnSlots.contains(nil)
        else { return nil }
        return JumpExits(stackPointer: place, returnSlots: returnSlots.compactMap { $0 })
    }

    // MARK: - From a function's start to its instructions

    /// The rules for frames of the function that begins where the paths begin, at each of its instructions, and behind each
    /// of its calls.
    func rulesFromStart() -> FunctionRules {
        var rules = FunctionRules()
        guard isComplete, budget.allows(.followingPaths, Self.costOfRule * graph.nodes.count) else { return rules }
        walkAll { address, node, state, origins in
            rules.add(Self.rule(at: state), at: .programCounter(address))
            guard case .call = node.instruction.operation, !graph.pushingCalls.contains(address) else { return }
            // It need not go on there.
            var state = state
            state.execute(node.instruction, at: address, &origins)
            rules.add(Self.rule(at: state), at: .returnAddress(node.next))
        }
        return rules
    }

    /// The rules for the function's frame when it jumps to where its caller says, by the stack pointer then: what it jumps to
    /// runs on this frame, and may change all registers.
    ///
    /// - Returns: `nil` where something else is not followed to its end.
    func rulesAtGivenJumps() -> [FrameRule]? {
        guard isComplete, graph.isComplete, budget.allows(.followingPaths, Self.costOfRule * graph.nodes.count) else {
            return nil
        }
        var rules: [FrameRule] = []
        walkAll { _, node, state, origins in
            guard let register = node.instruction.targetRegister, let target = state[register],
                let term = origins.term(target), !term.isOfStack,
                let rule = Self.ruleOfHost(at: state), !rules.contains(rule)
            else { return }
            rules.append(rule)
        }
        return rules
    }

    private static func ruleOfHost(at state: PathState) -> FrameRule? {
        let entry = PathValue.initial(.stackPointer)
        guard let depth = state[.stackPointer].flatMap({ entry.distance(from: $0) }), depth > 0 else { return nil }
        let slot = FrameTerm.register(.stackPointer, depth)
        let saved = state.saves(from: entry).filter { $0.value >= 0 &- depth }
        var registers: [NativeRegisters.Name: FrameTerm] = [:]
        for name in NativeRegisters.Name.preservedByCalls {
            registers[name] = saved[.initial(name)].map { .memory(slot.advanced(by: $0), 0) }
        }
        return FrameRule(returnSlot: slot, stackPointer: slot.advanced(by: 8), registers: registers)
    }

    private static func rule(at state: PathState) -> FrameRule? {
        let entry = PathValue.initial(.stackPointer)
        guard let slot = term(for: entry, in: state) else { return nil }
        let saved = state.saves(from: entry)
        var registers: [NativeRegisters.Name: FrameTerm] = [:]
        for name in NativeRegisters.Name.preservedByCalls {
            let initial = PathValue.initial(name)
            if state[name] == initial {
                registers[name] = .register(name, 0)
            } else if let distance = saved[initial] {
                registers[name] = .memory(slot.advanced(by: distance), 0)
            }
        }
        return FrameRule(returnSlot: slot, stackPointer: slot.advanced(by: 8), registers: registers)
    }

    /// Those by which a frame may be found, the likeliest first.
    private static let registersOfFrames: [NativeRegisters.Name] =
        [.stackPointer, .framePointer] + NativeRegisters.Name.allCases

    /// How to compute a value that the paths began with from what registers and stack hold now.
    private static func term(for value: PathValue, in state: PathState) -> FrameTerm? {
        for name in registersOfFrames {
            if let distance = state[name].flatMap({ value.distance(from: $0) }) { return .register(name, distance) }
        }
        for name in registersOfFrames {
            guard let held = state[name] else { continue }
            for (place, stored) in state.slots {
                if let offset = place.distance(from: held), let distance = stored.flatMap({ value.distance(from: $0) })
                {
                    return .memory(.register(name, offset), distance)
                }
            }
        }
        return nil
    }
}

extension PathState {
    /// How far from `entry` each value was written, at the highest place of several.
    fileprivate func saves(from entry: PathValue) -> [PathValue: Int64] {
        var saved: [PathValue: Int64] = [:]
        for (place, value) in slots {
            guard let value, let distance = place.distance(from: entry) else { continue }
            saved[value] = max(distance, saved[value] ?? distance)
        }
        return saved
    }

    /// Whether a register that a call preserves has been restored from what is now below the stack pointer: what follows
    /// is another function.
    fileprivate func hasLeftFrame(_ origins: PathOrigins) -> Bool {
        guard let top = self[.stackPointer] else { return false }
        return NativeRegisters.Name.preservedByCalls.contains { name in
            guard let place = self[name].flatMap(origins.place), let distance = top.distance(from: place) else {
                return false
            }
            return distance > 0
        }
    }
}
