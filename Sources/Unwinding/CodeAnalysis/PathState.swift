internal import ProfileModel

/// What the general registers and the words of the stack hold at one instruction of a path.
struct PathState: Equatable {
    private static let slotLimit = 256

    private var values: InlineArray<16, PathValue?>
    /// Words that the path has written; `nil` where what it wrote is not known.
    private(set) var slots: [PathValue: PathValue?] = [:]
    /// Whether more was written than is kept.
    private(set) var isOverflown = false

    /// Where a path begins, all registers hold what they hold.
    static var initial: PathState { PathState() }

    private init() {
        values = InlineArray { index in NativeRegisters.Name(rawValue: index).map(PathValue.initial) }
    }

    subscript(register: NativeRegisters.Name) -> PathValue? {
        get { register.rawValue < 16 ? values[register.rawValue] : nil }
        set { if register.rawValue < 16 { values[register.rawValue] = newValue } }
    }

    /// What holds both here and there.
    func merged(with other: PathState) -> PathState {
        var merged = self
        for index in values.indices where values[index] != other.values[index] { merged.values[index] = nil }
        for (place, value) in slots where other.slots[place] != .some(value) {
            merged.slots[place] = .some(nil)
        }
        for place in other.slots.keys where slots[place] == nil { merged.slots[place] = .some(nil) }
        merged.isOverflown = isOverflown || other.isOverflown
        return merged
    }

    static func == (left: Self, right: Self) -> Bool {
        left.isOverflown == right.isOverflown && left.slots == right.slots
            && left.values.indices.allSatisfy { left.values[$0] == right.values[$0] }
    }

    /// Executes one instruction; jumps and returns change nothing.
    mutating func execute(_ instruction: MachineInstruction, at address: Address, _ origins: inout PathOrigins) {
        let before = values
        invalidate(instruction.written)
        execute(instruction.operation, before, at: address, &origins)
        // The stack pointer is somewhere; what is pushed and popped there is known all the same.
        if self[.stackPointer] == nil { self[.stackPointer] = origins.made(by: address) }
    }

    /// What a call does before it goes to its target.
    mutating func pushReturnAddress() {
        self[.stackPointer] = self[.stackPointer]?.advanced(by: -8)
        write(nil, at: self[.stackPointer], size: 8)
    }

    private mutating func invalidate(_ written: UInt16) {
        var rest = written
        while rest != 0 {
            values[rest.trailingZeroBitCount] = nil
            rest &= rest - 1
        }
    }

    private mutating func execute(
        _ operation: MachineInstruction.Operation, _ before: InlineArray<16, PathValue?>, at address: Address,
        _ origins: inout PathOrigins
    ) {
        let stackPointer = before[NativeRegisters.Name.stackPointer.rawValue]
        switch operation {
        case .push(let source, let size):
            self[.stackPointer] = stackPointer?.advanced(by: 0 &- size)
            write(source.flatMap { before[$0.rawValue] }, at: self[.stackPointer], size: size)
        case .pop(let destination, let size):
            self[.stackPointer] = stackPointer?.advanced(by: size)
            if let destination { self[destination] = stackPointer.flatMap { read(at: $0, &origins) } }
            if let place = stackPointer { slots[place] = nil }
        case .leave:
            self[.stackPointer] = before[NativeRegisters.Name.framePointer.rawValue]?.advanced(by: 8)
            self[.framePointer] = before[NativeRegisters.Name.framePointer.rawValue].flatMap { read(at: $0, &origins) }
        case .copy(let destination, let source): self[destination] = before[source.rawValue]
        case .add(let destination, let source, let distance):
            self[destination] = before[source.rawValue]?.advanced(by: distance)
        case .load(let destination, let base, let distance):
            self[destination] = before[base.rawValue]?.advanced(by: distance).flatMap { read(at: $0, &origins) }
        case .store(let base, let distance, let source, let size):
            let value = size == 8 ? source.flatMap { before[$0.rawValue] } : nil
            write(value, at: before[base.rawValue]?.advanced(by: distance), size: size)
        case .lower(.stackPointer), .align(.stackPointer, _): self[.stackPointer] = origins.made(by: address)
        case .call:
            invalidate(NativeRegisters.Name.maskClobberedByCalls)
            self[.stackPointer] = stackPointer
        case .lower, .align, .compare, .jump, .conditionalJump, .systemCall, .padding, .breakpoint, .leaveFunction,
            .trap, .other:
            break
        }
    }

    private mutating func write(_ value: PathValue?, at place: PathValue?, size: Int64) {
        guard let place, let whole = place.advanced(by: 0 &- Int64(place.offset & 7)) else { return }
        // What registers are saved in are whole words, all of one alignment.
        slots[whole] = .some(size == 8 && whole == place ? value : nil)
        if place.offset & 7 != 0, size == 8, let next = whole.advanced(by: 8) { slots[next] = .some(nil) }
        if slots.count > Self.slotLimit { isOverflown = true }
    }

    /// The word at `place`; `nil` when it is not known.
    func read(at place: PathValue, _ origins: inout PathOrigins) -> PathValue? {
        if let written = slots[place] { return written }
        return origins.loaded(from: place)
    }
}
