internal import ProfileModel

/// Goes from a frame without call frame information to its caller, by what the code of its function does with the stack.
///
/// The way from the function's start to the frame's instruction, and the ways from there to a return, say where the return
/// address is. It counts only when it follows a call that can have led to the function; where several places are
/// possible, none is taken.
struct CodeStep {
    enum Outcome {
        case caller(StackPosition)
        case root
        /// It takes a register that is not known.
        case missing(NativeRegisters.Name)
        case truncated(TruncationReason)
        /// The return address may be where the stack was not copied: from `address` on, and above `rest` most likely.
        case uncopied(Address, rest: Address)
    }

    /// A direct call to a function that begins further back than this did not call it.
    private static let largestFunction: UInt64 = 1 << 20
    private static let wordsSearched: UInt64 = 1024
    private static let startsTried = 32

    private let context: UnwindContext
    private let position: StackPosition
    private let registers: NativeRegisters

    /// - Parameter registers: those of the frame, as far as they are known.
    init(context: UnwindContext, position: StackPosition, registers: NativeRegisters) {
        self.context = context
        self.position = position
        var registers = registers
        registers.stackPointer = position.hasExactStackPointer ? position.stackPointer : nil
        self.registers = registers
    }

    /// A place where the return address may be.
    private struct Candidate {
        let slot: Address
        let target: Address
        let rule: FrameRule
        let origin: Origin
        /// `nil` where the return address follows no call.
        let evidence: CallEvidence?

        var isPossible: Bool {
            switch evidence {
            case .certain: true
            // The ways that were not followed may lead elsewhere.
            case .possible: origin != .someEnds
            case .excluded, nil: false
            }
        }

        /// Whether the return address follows a call that can have led here.
        var followsCall: Bool {
            switch evidence {
            case .certain, .possible: true
            case .excluded, nil: false
            }
        }
    }

    /// What leads to a candidate.
    private enum Origin {
        /// The way from the function's start.
        case start
        /// The ways to where the function ends.
        case allEnds
        /// Those of them that were followed.
        case someEnds
        /// A function that jumps, on its frame, to where its caller says.
        case host
    }

    func outcome() -> Outcome {
        if case .unmapped = position.location { return fromNowhere() }
        if context.roots.contain(position, in: context.stack) { return .root }
        var failure: FrameTerm.Failure?
        let candidates = candidates(&failure)
        let found = candidate(of: candidates) ?? candidateOfCalls(candidates)
        if let found, found.evidence == .certain || isGenerated && found.origin == .start { return caller(by: found) }
        let search = searchHosts()
        if let found {
            let isOnly = search?.hosts.allSatisfy { $0.slot == found.slot } ?? true
            return isOnly ? caller(by: found) : withoutInformation
        }
        if let host = search?.only, candidates.allSatisfy({ $0.slot == host.slot || !$0.followsCall }) {
            return caller(by: candidate(of: host))
        }
        guard search?.hosts.isEmpty != false else { return withoutInformation }
        let outcome = outcome(of: candidates, failure)
        guard let search else { return outcome }
        if case .missing = outcome { return outcome }
        if let uncopied = search.uncopied, let rest = search.rest,
            case .beyondCopiedStack = context.stack.reason(unreadable: uncopied, at: position.stackPointer)
        {
            return .uncopied(uncopied, rest: rest)
        }
        // Zero in what was reserved is no return address.
        if case .root = outcome { return withoutInformation }
        return outcome
    }

    private var isGenerated: Bool { if case .anonymous = position.location { true } else { false } }

    private func candidateOfCalls(_ candidates: [Candidate]) -> Candidate? {
        candidates.allSatisfy { $0.origin == .someEnds } ? searchCalls() : nil
    }

    private func outcome(of candidates: [Candidate], _ failure: FrameTerm.Failure?) -> Outcome {
        if candidates.count == 1, let only = candidates.first { return outcome(of: only) }
        return switch failure {
        case .unknownRegister(let name) where candidates.isEmpty && name != .stackPointer: .missing(name)
        case .unreadable(let address) where candidates.isEmpty:
            .truncated(context.stack.reason(unreadable: address, at: position.stackPointer))
        default: withoutInformation
        }
    }

    private var withoutInformation: Outcome { .truncated(.noUnwindInformation(position.address.value)) }

    // MARK: - Where the return address may be

    private func candidates(_ failure: inout FrameTerm.Failure?) -> [Candidate] {
        var found: [Candidate] = []
        let instruction = position.address.instruction
        let start =
            isGenerated
            ? context.rules.frameStart(before: instruction) : context.code.functionStart(covering: instruction)
        if let rule = start.flatMap({ context.rules.rule(from: $0, to: position.address) }) {
            add(rule, from: .start, to: &found, &failure)
            if case .certain = found.first?.evidence { return found }
            // Large, and followed in vain where only tables lead on.
            if isGenerated, found.first?.isPossible == true { return found }
            // The call never returns: what follows it is another function.
            if isAtOtherFunction, found.first?.isPossible == true { return found }
        }
        let forward = context.rules.rules(forward: position.address)
        for rule in forward.rules {
            add(rule, from: forward.isComplete ? .allEnds : .someEnds, to: &found, &failure)
        }
        return found
    }

    private var isAtOtherFunction: Bool {
        let next = position.address.value
        return position.isCaller && context.code.functionStart(covering: next) == next
    }

    private func add(
        _ rule: FrameRule, from origin: Origin, to found: inout [Candidate], _ failure: inout FrameTerm.Failure?
    ) {
        do throws(FrameTerm.Failure) {
            let slot = Address(rawValue: try value(of: rule.returnSlot))
            guard !found.contains(where: { $0.slot == slot }) else { return }
            guard let word = context.stack.word(at: slot) else { throw .unreadable(slot) }
            let target = Address(rawValue: word)
            found.append(
                Candidate(
                    slot: slot, target: target, rule: rule, origin: origin,
                    evidence: isAbove(slot) ? evidence(of: target, at: slot) : .excluded))
        } catch {
            failure = failure ?? error
        }
    }

    /// Whether a return address can be there: above the frame, or on another stack.
    private func isAbove(_ slot: Address) -> Bool {
        slot >= position.stackPointer
            || context.stack.window(at: slot)?.base != context.stack.window(at: position.stackPointer)?.base
    }

    private func value(of term: FrameTerm) throws(FrameTerm.Failure) -> UInt64 {
        try term.value(registers) { context.stack.word(at: $0) }
    }

    /// Whether the call before a return address can have led to this frame.
    private func evidence(of target: Address, at slot: Address) -> CallEvidence? {
        guard let call = context.calls.call(before: target) else {
            return context.isEnteredByReturn(at: target) ? .possible : nil
        }
        let instruction = position.address.instruction
        let function = context.code.function(covering: instruction)
        if let start = call.target, start != function?.range.lowerBound, isNear(start),
            let rule = context.rules.rule(from: start, to: position.address),
            let found = try? value(of: rule.returnSlot)
        {
            guard Address(rawValue: found) == slot, !passesOverReturn(start) else { return .excluded }
            // The function calls its own middle, and this may be what is left of that.
            return function?.range.contains(start) == true ? .possible : .certain
        }
        guard let function else { return context.calls.evidence(of: call, leadingTo: instruction) }
        return context.calls.evidence(of: call, leadingTo: function.range)
    }

    /// Whether the ways from where a call leads all return to another place than behind the call.
    private func passesOverReturn(_ start: Address) -> Bool {
        let found = context.rules.rules(forward: .programCounter(start))
        return found.isComplete && !found.rules.isEmpty
            && found.rules.allSatisfy { $0.returnSlot != .register(.stackPointer, 0) }
    }

    private func isNear(_ start: Address) -> Bool {
        let instruction = position.address.instruction
        return start <= instruction && instruction.rawValue - start.rawValue < Self.largestFunction
    }

    /// The one candidate that is certain enough; `nil` when there is none, or more than one.
    private func candidate(of candidates: [Candidate]) -> Candidate? {
        let possible = candidates.filter(\.isPossible)
        guard possible.count == 1, let only = possible.first else { return nil }
        guard candidates.count > 1 else { return only }
        // Of ways that disagree, one is none: behind a call that never returns, or from a start that is not the function's.
        if case .certain = only.evidence { return only }
        return only.origin == .start ? only : nil
    }

    /// The return address above the frame whose call leads to a function whose code, up to the frame's instruction, puts
    /// it exactly there.
    private func searchCalls() -> Candidate? {
        var starts: Set<Address> = []
        var found: Candidate?
        for index in 0..<Self.wordsSearched {
            let slot = position.stackPointer.advanced(by: 8 * index)
            guard context.budget.allows(.searchingWords), let word = context.stack.word(at: slot) else { break }
            guard word > 4096, let start = context.calls.call(before: Address(rawValue: word))?.target, isNear(start)
            else { continue }
            starts.insert(start)
            guard starts.count <= Self.startsTried else { return nil }
            guard let rule = context.rules.rule(from: start, to: position.address),
                (try? value(of: rule.returnSlot)) == slot.rawValue, !passesOverReturn(start)
            else { continue }
            guard found == nil else { return nil }
            found = Candidate(
                slot: slot, target: Address(rawValue: word), rule: rule, origin: .start, evidence: .certain)
        }
        return found
    }

    // MARK: - Frames of functions that jumped here

    /// `nil` where the code is not left by jumps, or in ways that contradict what was found.
    private func searchHosts() -> HostSearch? {
        guard let exits = context.rules.rules(forward: position.address).exits,
            let stackPointer = (try? value(of: exits.stackPointer)).map(Address.init(rawValue:)),
            stackPointer >= position.stackPointer
        else { return nil }
        let search = HostSearch(above: stackPointer, found: exits.stackPointer, in: context)
        let isRight = exits.returnSlots.allSatisfy { term in
            let slot = (try? value(of: term)).map(Address.init(rawValue:))
            return search.hosts.allSatisfy { $0.slot == slot }
        }
        return isRight ? search : nil
    }

    private func candidate(of host: HostSearch.Host) -> Candidate {
        Candidate(slot: host.slot, target: host.target, rule: host.rule, origin: .host, evidence: .certain)
    }

    // MARK: - The caller

    private func outcome(of candidate: Candidate) -> Outcome {
        guard candidate.slot >= position.stackPointer else { return .truncated(.stackNotAscending(candidate.slot)) }
        if candidate.target.rawValue == 0, context.isBottom(above: candidate.slot, of: position) { return .root }
        if candidate.evidence == nil { return .truncated(.implausibleReturnAddress(candidate.target)) }
        return withoutInformation
    }

    private func caller(by candidate: Candidate) -> Outcome {
        var callers = NativeRegisters()
        for (name, term) in candidate.rule.registers { callers[name] = try? value(of: term) }
        let behindSlot = candidate.slot.advanced(by: 8)
        let stackPointer = candidate.rule.stackPointer.flatMap { try? value(of: $0) }.map(Address.init(rawValue:))
        return .caller(
            caller(
                at: candidate.target, stackPointer: max(behindSlot, stackPointer ?? behindSlot), registers: callers,
                isExact: stackPointer.map { $0 >= behindSlot } ?? false))
    }

    private func caller(
        at target: Address, stackPointer: Address, registers: NativeRegisters, isExact: Bool
    ) -> StackPosition {
        let address = FrameAddress.returnAddress(target)
        return StackPosition(
            registers: registers, address: address, location: context.code.location(of: address.instruction),
            stackPointer: stackPointer, hasExactStackPointer: isExact)
    }

    /// The caller of an address that holds no code, to which a call, or a jump of what was called, went by mistake.
    private func fromNowhere() -> Outcome {
        guard case .programCounter(let pc) = position.address else {
            return .truncated(.implausibleReturnAddress(position.address.value))
        }
        let slot = position.stackPointer
        guard let word = context.stack.word(at: slot) else {
            return .truncated(context.stack.reason(unreadable: slot, at: position.stackPointer))
        }
        let target = Address(rawValue: word)
        guard let call = context.calls.call(before: target),
            context.calls.evidence(of: call, leadingTo: pc..<max(pc, pc.advanced(by: 1))) != .excluded
        else { return .truncated(.implausibleReturnAddress(pc)) }
        return .caller(caller(at: target, stackPointer: slot.advanced(by: 8), registers: registers, isExact: true))
    }
}

extension UnwindContext {
    private static let wordsAboveBottom: UInt64 = 512

    /// Whether a return address of zero at `slot` is the bottom of a stack that a program made by hand: nothing above it
    /// can be a frame of its caller's.
    ///
    /// Elsewhere than at the very top, only a call that led to the frame shows that this is a stack at all.
    func isBottom(above slot: Address, of frame: StackPosition) -> Bool {
        for index in 1...Self.wordsAboveBottom {
            guard budget.allows(.searchingWords) else { return false }
            let address = slot.advanced(by: 8 * index)
            guard let word = stack.word(at: address) else { return address == stack.top(above: slot) }
            if word > 4096, calls.call(before: Address(rawValue: word)) != nil { return false }
        }
        return frame.isCaller
    }
}
