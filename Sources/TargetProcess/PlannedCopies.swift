internal import ProfileModel

/// The copies that plans ask for, in one buffer.
struct PlannedCopies {
    /// All copies of one thread together.
    private static let limit = CopyPlan.largestCopy * 2

    private var buffer: [UInt8]
    private var used = 0
    private var wanted = 0
    private var copies: [(base: Address, range: Range<Int>)] = []

    /// - Parameter room: how many bytes can be copied before the buffer has to grow.
    init(room: Int) {
        buffer = [UInt8](repeating: 0, count: room)
        copies.reserveCapacity(CopyPlan.stepLimit)
    }

    /// Grows the buffer to what plans may copy.
    mutating func makeRoom(for count: Int) {
        let missing = min(count, Self.limit) - buffer.count
        if missing > 0 { buffer += [UInt8](repeating: 0, count: missing) }
    }

    mutating func removeAll() {
        copies.removeAll(keepingCapacity: true)
        (used, wanted) = (0, 0)
    }

    /// Carries a step out as far as there is room; a pointer that can't be read ends it.
    ///
    /// - Parameter known: the word at an address, where it has been copied already.
    mutating func copy(
        _ step: CopyPlan.Step, _ registers: NativeRegisters, of memory: some StackMemory, top: (Address) -> Address?,
        known: (Address) -> UInt64?
    ) {
        guard copies.count < CopyPlan.stepLimit,
            let pointer = pointer(of: step, registers, { known($0) ?? memory.word(at: $0) })
        else { return }
        let base = pointer.offset(by: step.start)
        let available = top(base).map { $0 > base ? $0.rawValue - base.rawValue : 0 } ?? .max
        let count = Int(min(UInt64(step.byteCount), available))
        wanted += count
        let room = min(count, buffer.count - used)
        let start = used
        let copied = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe memory.read(
                at: base, into: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + room]))
        }
        guard copied > 0 else { return }
        copies.append((base, start..<start + copied))
        used += copied
    }

    private func pointer(
        of step: CopyPlan.Step, _ registers: NativeRegisters, _ word: (Address) -> UInt64?
    ) -> Address? {
        let first: UInt64? =
            switch step.origin {
            case .memory(let address): word(address)
            case .address(let address): address.rawValue
            case .register(let number): NativeRegisters.Name(rawValue: Int(number)).flatMap { registers[$0] }
            }
        guard var pointer = first.map(Address.init(rawValue:)) else { return nil }
        for offset in step.offsets {
            guard let next = word(pointer.offset(by: offset)) else { return nil }
            pointer = Address(rawValue: next)
        }
        return pointer
    }

    /// Gives the copies out; where there was no room for one, there is next time.
    mutating func take() -> [StackWindow] {
        let windows = copies.map { StackWindow(base: $0.base, bytes: Array(buffer[$0.range])) }
        makeRoom(for: wanted)
        removeAll()
        return windows
    }
}

extension Address {
    fileprivate func offset(by distance: Int64) -> Address {
        Address(rawValue: rawValue &+ UInt64(bitPattern: distance))
    }
}

extension StackMemory {
    /// The little-endian word at `address`.
    func word(at address: Address) -> UInt64? {
        var word: UInt64 = 0
        // Safe: the buffer is that of the word.
        let count = unsafe withUnsafeMutableBytes(of: &word) { unsafe read(at: address, into: $0) }
        return count == 8 ? UInt64(littleEndian: word) : nil
    }
}
