internal import ProfileModel

/// Computes registers that are not known, as in a sleeping thread, from the code of the frame's function.
///
/// The stack pointer is known in every frame: it is the callee's frame address. Where the code determines how far from it
/// another register points, that register is known, too. The result is accepted only when it leads to a call that can
/// have led to this very function.
struct RegisterRecovery {
    private static let framesChecked = 4

    private let walk: StackWalk
    private let context: UnwindContext
    private let known: NativeRegisters
    private let layout: FrameLayout
    private let function: Range<Address>

    /// `nil` when the code of the frame determines nothing.
    init?(of walk: StackWalk) {
        let address = walk.position.address
        guard let layout = walk.context.layouts.layout(at: address),
            let extent = walk.context.code.function(covering: address.instruction)
        else { return nil }
        self.walk = walk
        context = walk.context
        known = walk.registers()
        self.layout = layout
        function = extent.range
    }

    /// The registers with as many more as it takes to leave the frame; `nil` unless they are certain.
    func registers(including missing: NativeRegisters.Name) -> NativeRegisters? {
        guard known[missing] == nil, let distance = layout.distance(to: missing) else { return nil }
        let base = walk.position.stackPointer
        switch distance {
        case .exactly: return exactRegisters()
        case .within(let range):
            guard missing == .framePointer else { return nil }
            return search(base.advanced(by: range.lowerBound), base.advanced(by: range.upperBound)).flatMap(onlyOne)
        case .somewhere:
            guard missing == .framePointer, let top = context.stack.top(above: base),
                top >= base.advanced(by: 16)
            else { return nil }
            return search(base, top.lowered(by: 16)).flatMap(nearestProven)
        }
    }

    // MARK: - A distance that is known

    private func exactRegisters() -> NativeRegisters? {
        var registers = known
        for name in NativeRegisters.Name.allCases where registers[name] == nil {
            guard case .exactly(let distance)? = layout.distance(to: name) else { continue }
            registers[name] = walk.position.stackPointer.advanced(by: distance).rawValue
        }
        return leadsToCall(registers) ? registers : nil
    }

    /// Whether a step with these registers ends at the root, or behind a call that can have led here, and where the code
    /// says that the frame ends.
    private func leadsToCall(_ registers: NativeRegisters) -> Bool {
        var trial = walk.replacingRegisters(by: registers)
        guard context.budget.allows(.tryingSteps) else { return false }
        if let ending = trial.advance() { return ending == .rootReached }
        if case .exactly(let distance)? = layout.distanceToFrameAddress,
            trial.position.stackPointer != walk.position.stackPointer.advanced(by: distance)
        {
            return false
        }
        guard case .returnAddress(let target) = trial.position.address,
            let evidence = context.evidence(ofReturnTo: target, from: function)
        else { return false }
        return evidence != .excluded
    }

    // MARK: - A distance that only the run knows

    private func search(_ first: Address, _ last: Address) -> [FrameSearch.Candidate]? {
        guard first <= last else { return nil }
        let search = FrameSearch(
            context: context, function: function, isPlainFrame: layout.isFramePointer(.framePointer))
        return search.candidates(in: first...last)?.filter(isFollowedByCalls)
    }

    /// Whether the nearest outer frames, too, can have been called as they seem: the true candidate's always are.
    private func isFollowedByCalls(_ candidate: FrameSearch.Candidate) -> Bool {
        var trial = walk.replacingRegisters(by: registers(of: candidate))
        var callee = function
        for _ in 0..<Self.framesChecked where context.budget.allows(.tryingSteps) {
            if let ending = trial.advance() { return Self.isPossible(ending) }
            guard case .returnAddress(let target) = trial.position.address else { return true }
            guard let evidence = context.evidence(ofReturnTo: target, from: callee), evidence != .excluded else {
                return false
            }
            guard let caller = context.code.function(covering: trial.position.address.instruction) else { return true }
            callee = caller.range
        }
        return true
    }

    /// Whether the true stack can end so: with what is not known, but not with what is wrong.
    private static func isPossible(_ ending: StackEnding) -> Bool {
        switch ending {
        case .truncated(.implausibleReturnAddress(let address)): address.rawValue == 0
        case .truncated(.stackNotAscending), .truncated(.unreadableMemory): false
        case .rootReached, .truncated: true
        }
    }

    private func registers(of candidate: FrameSearch.Candidate) -> NativeRegisters {
        var registers = known
        registers.framePointer = candidate.framePointer
        return registers
    }

    /// The one candidate of a range in which the true one must be.
    private func onlyOne(of candidates: [FrameSearch.Candidate]) -> NativeRegisters? {
        guard candidates.count == 1, let only = candidates.first else { return nil }
        let registers = registers(of: only)
        return leadsToCall(registers) ? registers : nil
    }

    /// The only candidate of the whole stack, or the only one that follows a direct call.
    ///
    /// Remains of earlier calls can look like it, and so can the call of a function pointer further up. So there must be
    /// no other candidate but frames of the stack that it leads to, of which each was called once and is still active.
    private func nearestProven(of candidates: [FrameSearch.Candidate]) -> NativeRegisters? {
        let proven = candidates.count == 1 ? candidates : candidates.filter { $0.evidence == .certain }
        guard let only = onlyOne(of: proven) else { return nil }
        guard let outer = OuterFrames(of: walk.replacingRegisters(by: only)) else { return nil }
        let others = candidates.lazy.map(\.framePointer).filter { $0 != only.framePointer }
        return others.allSatisfy(outer.isCalledOnce) ? only : nil
    }
}

extension StackWalk {
    /// Moves to the caller, by registers computed from code where some are not known; returns how the stack ended when
    /// there is no caller.
    mutating func advanceByRecovery() -> StackEnding? {
        switch step() {
        case .moved: return nil
        case .ended(let ending): return ending
        case .missing(let register):
            guard let registers = RegisterRecovery(of: self)?.registers(including: register) else {
                return .truncated(.unknownRegister(at: position.address.value))
            }
            self = replacingRegisters(by: registers)
            return advance()
        }
    }
}
