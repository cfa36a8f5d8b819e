internal import ProfileModel

/// What code that a call leads to does first with its return address.
enum CalledCode {
    /// What takes the return address to know where it is does so at once.
    private static let longestUntilTaken = 12
    private static let longest = 36

    /// Whether the straight code from `start` takes the return address off the stack, and doesn't go back there: calls to
    /// it are a push and a jump, and what is behind them is no place to return to.
    ///
    /// - Parameter instruction: the one that begins at an address; `nil` where there is none.
    static func takesReturnAddress(
        from start: Address, instruction: (Address) -> MachineInstruction?
    ) -> Bool {
        var place = ReturnPlace()
        var address = start
        for index in 0..<longest {
            guard place.isTaken || index < longestUntilTaken, let next = instruction(address) else { break }
            switch next.operation {
            case .jump(let target?): address = target
            case .jump(nil): return place.isTaken && !place.isHeld(byReadOf: next)
            case .conditionalJump, .call, .leaveFunction, .trap, .breakpoint: return place.isTaken
            default:
                guard place.follow(next) else { return false }
                address = address.advanced(by: UInt64(next.length))
            }
        }
        return place.isTaken
    }

    /// The same of code that is read as it is needed, which no call frame information shows to be a function.
    static func takesReturnAddress(from start: Address, in code: any CodeSource, budget: WorkBudget) -> Bool {
        var window = CodeWindow()
        let isTaken = takesReturnAddress(from: start) { address in
            guard budget.allows(.decodingBytes, MachineInstruction.longest / 3) else { return nil }
            return window.instruction(at: address, in: code)
        }
        return isTaken && !code.beginsDescribedFunction(at: start)
    }

    /// Where the return address is.
    private struct ReturnPlace {
        /// Above the stack pointer, in bytes.
        private var depth: Int64 = 0
        /// Whether it was popped, or something else was pushed over it.
        private var isGone = false
        /// Bit n: the register of DWARF number n holds it.
        private var holders: UInt16 = 0

        /// The stack pointer alone can be lowered below it again.
        var isTaken: Bool { isGone || depth < 0 }

        func isHeld(byReadOf instruction: MachineInstruction) -> Bool { instruction.read & holders != 0 }

        /// `false` where it is put back onto the stack, or stacks are switched.
        mutating func follow(_ instruction: MachineInstruction) -> Bool {
            let before = holders
            holders &= ~instruction.written
            switch instruction.operation {
            case .push(let source, let size):
                if isTaken, let source, before & Self.mask(source) != 0 { return false }
                if isTaken { isGone = true }
                rise(by: 0 &- size)
            case .pop(let destination, let size):
                if let destination, depth == 0 { holders |= Self.mask(destination) }
                if depth < size { isGone = true }
                rise(by: size)
            case .add(.stackPointer, from: .stackPointer, let distance): rise(by: distance)
            case .load(let destination, from: .stackPointer, depth): holders |= Self.mask(destination)
            case .copy(let destination, let source) where destination != .stackPointer:
                if before & Self.mask(source) != 0 { holders |= Self.mask(destination) }
            default: return !instruction.writes(.stackPointer)
            }
            return true
        }

        private mutating func rise(by distance: Int64) {
            let (rest, isTooLarge) = depth.subtractingReportingOverflow(distance)
            depth = isTooLarge ? 0 : rest
        }

        private static func mask(_ register: NativeRegisters.Name) -> UInt16 {
            register == .programCounter ? 0 : 1 << UInt16(register.rawValue)
        }
    }
}
