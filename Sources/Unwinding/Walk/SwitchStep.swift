internal import ProfileModel

/// Goes from the outermost frame of one stack to the stack that it came from.
struct SwitchStep {
    /// Why the step could not be made.
    struct Truncation: Error {
        let reason: TruncationReason
    }

    enum Result {
        /// To the caller, or to what was interrupted.
        case caller(StackPosition)
        /// The frame itself goes on with this stack pointer.
        case stackPointer(Address)
    }

    let context: UnwindContext
    let position: StackPosition
    /// Of the frame at `position`.
    let registers: NativeRegisters
    /// Where a register that calls preserve was saved.
    let origin: (NativeRegisters.Name) -> CopyPlan.Step.Origin?

    /// - Parameter switches: notes where the other stack is, also when it can't be read.
    func follow(_ stackSwitch: StackSwitch, _ switches: inout StackSwitches) throws(Truncation) -> Result {
        switch stackSwitch {
        case .signal: .caller(try interrupted(&switches))
        case .goroutine(let slot, let depthSlot): .caller(try goroutine(slot, depthSlot, &switches))
        case .callback: .caller(try callbackFromC(&switches))
        case .systemStack: .caller(try goroutineOfScheduler(&switches))
        case .saved(let slot):
            .caller(try caller(at: Address(rawValue: try word(base.advanced(by: slot)) &+ pushed)))
        case .register(let name): .stackPointer(try stackPointer(in: name, &switches))
        case .returnAddress(let name): .caller(try caller(in: name))
        }
    }

    private var base: Address { position.stackPointer }
    /// How much the function has pushed onto the stack that it came from: since Go 1.21 the frame pointer.
    private var pushed: UInt64 { context.code.goStackDepth(at: position.address.instruction) ?? 0 }

    // MARK: - Signals

    private func interrupted(_ switches: inout StackSwitches) throws(Truncation) -> StackPosition {
        let frame: SignalFrame
        do {
            frame = try SignalFrame(at: base, in: context.stack)
        } catch {
            throw switch error {
            case .unreadable(let address): unreadable(address)
            case .implausible: Truncation(reason: .unsupportedUnwindInformation(position.address.value))
            }
        }
        guard let pc = frame.registers.programCounter, let stackPointer = frame.registers.stackPointer else {
            throw Truncation(reason: .unsupportedUnwindInformation(position.address.value))
        }
        if context.stack.window(at: base)?.contains(stackPointer) != true {
            // Functions without calls may use so much below the stack pointer.
            let copy = CopyPlan.Step(
                origin: .memory(base.advanced(by: SignalFrame.stackPointerOffset)),
                start: -Int64(NativeRegisters.redZone), byteCount: StackSwitches.firstCopy)
            switches.add(copy, to: stackPointer, at: base, in: context.stack)
        }
        return StackPosition(
            registers: frame.registers, address: .programCounter(pc), location: context.code.location(of: pc),
            stackPointer: stackPointer)
    }

    // MARK: - Goroutines

    /// `stack.hi` and `sched.sp` in Go's `g`, runtime/runtime2.go.
    private static let stackLimitOffset: UInt64 = 8
    private static let savedStackPointerOffset: UInt64 = 56

    private func goroutine(
        _ slot: UInt64, _ depthSlot: UInt64, _ switches: inout StackSwitches
    ) throws(Truncation) -> StackPosition {
        let (place, depthPlace) = (base.advanced(by: slot), base.advanced(by: depthSlot))
        let goroutine = Address(rawValue: try word(place))
        let depth = try word(depthPlace)
        switches.add(
            CopyPlan.Step(origin: .memory(place), byteCount: Int(Self.savedStackPointerOffset + 8)), to: goroutine,
            at: base, in: context.stack)
        // This is what the code itself goes back by; the saved stack pointer is the same until C code calls Go.
        let limitPlace = goroutine.advanced(by: Self.stackLimitOffset)
        let limit = context.stack.word(at: limitPlace)
        let stackPointer = Address(rawValue: limit ?? 0).lowered(by: depth)
        switches.add(
            CopyPlan.Step(
                origin: .memory(place), offsets: [Int64(Self.savedStackPointerOffset)],
                byteCount: StackSwitches.firstCopy), to: stackPointer, at: base, in: context.stack)
        if limit == nil { throw Truncation(reason: .otherStackNotCopied(limitPlace)) }
        _ = try other(stackPointer)
        return try caller(at: stackPointer.advanced(by: pushed))
    }

    /// From the stack pointer of what C code had been called from to the arguments of `cgocallback`, whose frame there has the
    /// size of the one on the thread's own stack: the second argument points to that stack.
    private static let callbackArgument: UInt64 = 32
    /// How far below its arguments the callback's return address is at most.
    private static let callbackDistance: UInt64 = 1024

    private func callbackFromC(_ switches: inout StackSwitches) throws(Truncation) -> StackPosition {
        let place = base.lowered(by: Self.callbackArgument)
        let argument = try word(place)
        // Arguments of a single byte can be anywhere.
        let arguments = Address(rawValue: argument & ~7)
        let last = arguments.lowered(by: 8)
        switches.add(
            CopyPlan.Step(
                origin: .memory(place), start: -8 - Int64(Self.callbackDistance), byteCount: StackSwitches.firstCopy),
            to: last, at: base, in: context.stack)
        _ = try other(last)
        // C code that Go calls from the callback may call back in turn, further down.
        let passed = [try word(place.lowered(by: 8)), argument]
        var found: [StackPosition] = []
        for distance in stride(from: 8, through: Self.callbackDistance, by: 8) {
            let slot = arguments.lowered(by: distance)
            guard context.budget.allows(.searchingWords),
                let target = context.stack.word(at: slot).map(Address.init(rawValue:))
            else { break }
            guard GoStacks.isCallback(returningTo: target, in: context),
                [8, 16].map({ context.stack.word(at: slot.advanced(by: $0)) }) == passed
            else { continue }
            let address = FrameAddress.returnAddress(target)
            // What the thread's own registers were, Go's code doesn't show.
            found.append(
                StackPosition(
                    registers: NativeRegisters(), address: address,
                    location: context.code.location(of: address.instruction), stackPointer: slot.advanced(by: 8)))
        }
        guard found.count == 1 else { throw noInformation }
        return found[0]
    }

    /// How far below the frame pointer of the function that called the scheduler its stack pointer is at most.
    private static let largestFrame: UInt64 = 2048

    /// The caller of the scheduler, on its goroutine's stack.
    ///
    /// The function that the scheduler called has saved the caller's frame pointer. The caller's stack pointer lies below
    /// that, where a call of the scheduler returns to code whose frame pointer is just there.
    private func goroutineOfScheduler(_ switches: inout StackSwitches) throws(Truncation) -> StackPosition {
        let place = base.lowered(by: 16)
        let framePointer = Address(rawValue: try word(place))
        switches.add(
            CopyPlan.Step(
                origin: .memory(place), start: -Int64(Self.largestFrame), byteCount: StackSwitches.firstCopy),
            to: framePointer, at: base, in: context.stack)
        _ = try other(framePointer)
        var found: StackPosition?
        for distance in stride(from: 8, through: Self.largestFrame, by: 8) {
            let slot = framePointer.lowered(by: distance)
            guard context.budget.allows(.searchingWords),
                let target = context.stack.word(at: slot).map(Address.init(rawValue:))
            else { break }
            guard evidence(ofReturnTo: target) == .certain,
                isFrame(goingOnAt: target, from: slot, framePointer: framePointer)
            else { continue }
            guard found == nil else { throw noInformation }
            found = self.position(returningTo: target, from: slot, framePointer: framePointer)
        }
        guard let found else { throw noInformation }
        return found
    }

    /// Whether a function that a call returns to has that frame pointer, by its code, or else by how far its stack pointer is
    /// below its return address: Go's frame pointers point right below that.
    private func isFrame(goingOnAt target: Address, from slot: Address, framePointer: Address) -> Bool {
        let distance = framePointer.rawValue &- slot.rawValue
        switch context.layouts.layout(at: .returnAddress(target))?.distance(to: .framePointer) {
        case .exactly(let known): return known &+ 8 == distance
        default: return context.code.goStackDepth(at: FrameAddress.returnAddress(target).instruction) == distance
        }
    }

    private func stackPointer(
        in name: NativeRegisters.Name, _ switches: inout StackSwitches
    ) throws(Truncation) -> Address {
        guard let value = registers[name] else {
            throw Truncation(reason: .unknownRegister(at: position.address.value))
        }
        let stackPointer = Address(rawValue: value)
        if context.stack.window(at: base)?.contains(stackPointer) != true, let origin = origin(name) {
            switches.add(
                CopyPlan.Step(origin: origin, byteCount: StackSwitches.firstCopy), to: stackPointer, at: base,
                in: context.stack)
        }
        _ = try other(stackPointer)
        return stackPointer
    }

    // MARK: - Callers

    /// The caller whose return address is at `slot`.
    private func caller(at slot: Address) throws(Truncation) -> StackPosition {
        let target = Address(rawValue: try word(slot))
        guard let evidence = evidence(ofReturnTo: target), evidence != .excluded else { throw noInformation }
        return position(returningTo: target, from: slot, framePointer: registers.framePointer)
    }

    private func caller(in name: NativeRegisters.Name) throws(Truncation) -> StackPosition {
        guard let target = registers[name].map(Address.init(rawValue:)) else {
            throw Truncation(reason: .unknownRegister(at: position.address.value))
        }
        guard let evidence = evidence(ofReturnTo: target), evidence != .excluded else { throw noInformation }
        return position(returningTo: target, from: base.lowered(by: 8), framePointer: registers.framePointer)
    }

    private func evidence(ofReturnTo target: Address) -> CallEvidence? {
        context.evidence(ofReturnTo: target, from: position.address.instruction)
    }

    private func position(returningTo target: Address, from slot: Address, framePointer: Address?) -> StackPosition {
        var registers = registers
        registers.framePointer = framePointer
        let address = FrameAddress.returnAddress(target)
        return StackPosition(
            registers: registers, address: address, location: context.code.location(of: address.instruction),
            stackPointer: slot.advanced(by: 8))
    }

    // MARK: - Words

    private func word(_ address: Address) throws(Truncation) -> UInt64 {
        guard let word = context.stack.word(at: address) else { throw unreadable(address) }
        return word
    }

    /// A word of another stack, or of what leads to it.
    private func other(_ address: Address) throws(Truncation) -> UInt64 {
        if let word = context.stack.word(at: address) { return word }
        throw Truncation(reason: .otherStackNotCopied(address))
    }

    private func unreadable(_ address: Address) -> Truncation {
        Truncation(reason: context.stack.reason(unreadable: address, at: base))
    }

    private var noInformation: Truncation { Truncation(reason: .noUnwindInformation(position.address.value)) }
}
