internal import ProfileModel

/// What plans have copied of a thread's interpreter, in one buffer that is touched beforehand.
///
/// Every pointer that is followed can be anything: what can't be read ends its step, and all steps together are bounded.
struct InterpreterCopies {
    private var buffer: [UInt8] = []
    private var used = 0
    private var copies: [(base: UInt64, range: Range<Int>)] = []
    /// The copy that the last word was found in.
    private var recent = 0

    mutating func removeAll() {
        guard used > 0 || !copies.isEmpty else { return }
        copies.removeAll(keepingCapacity: true)
        (used, recent) = (0, 0)
    }

    /// Allocates what a plan can fill; to be called before a thread is stopped.
    mutating func makeRoom() {
        guard buffer.isEmpty else { return }
        buffer = [UInt8](repeating: 0, count: InterpreterPlan.largestCopy)
        copies.reserveCapacity(InterpreterPlan.copyLimit)
    }

    /// - Parameter known: the word at an address of the stack, where it has been copied.
    mutating func copy(by plan: InterpreterPlan, of memory: some StackMemory, known: (Address) -> UInt64?) {
        makeRoom()
        for step in plan.steps {
            switch step {
            case .bytes(let place, let count):
                guard let address = address(of: place, memory, known) else { continue }
                copy(Int(count), at: address, of: memory)
            case .range(let start, let end, let limit):
                guard let start = address(of: start, memory, known), let end = address(of: end, memory, known),
                    start < end
                else { continue }
                let count = min(end - start, UInt64(limit))
                copy(Int(count), at: end - count, of: memory)
            case .list(let first, let next, let count, let limit):
                guard let first = address(of: first, memory, known) else { continue }
                copyList(from: first, next: UInt64(next), Int(count), limit, of: memory, known: known)
            }
        }
    }

    private mutating func copyList(
        from first: UInt64, next: UInt64, _ count: Int, _ limit: UInt32, of memory: some StackMemory,
        known: (Address) -> UInt64?
    ) {
        var element = first
        for _ in 0..<limit where element != 0 {
            if let following = copiedWord(at: element &+ next) ?? known(Address(rawValue: element &+ next)) {
                element = following
                continue
            }
            guard copy(count, at: element, of: memory), let following = copiedWord(at: element &+ next) else { return }
            element = following
        }
    }

    private mutating func address(
        of place: InterpreterPlan.Place, _ memory: some StackMemory, _ known: (Address) -> UInt64?
    ) -> UInt64? {
        var address = place.address.rawValue
        for offset in place.offsets {
            let pointer = address &+ UInt64(offset)
            guard
                let next = copiedWord(at: pointer) ?? known(Address(rawValue: pointer))
                    ?? memory.word(at: Address(rawValue: pointer))
            else { return nil }
            address = next
        }
        return address == 0 ? nil : address
    }

    /// Returns whether all bytes were copied.
    @discardableResult
    private mutating func copy(_ count: Int, at address: UInt64, of memory: some StackMemory) -> Bool {
        guard copies.count < InterpreterPlan.copyLimit, count > 0, count <= buffer.count - used else { return false }
        let start = used
        let copied = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe memory.read(
                at: Address(rawValue: address),
                into: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + count]))
        }
        guard copied > 0 else { return false }
        recent = copies.count
        copies.append((address, start..<start + copied))
        used += copied
        return copied == count
    }

    /// The little-endian word at `address`, where it has been copied.
    private mutating func copiedWord(at address: UInt64) -> UInt64? {
        if recent < copies.count, let word = word(at: address, in: copies[recent]) { return word }
        for index in copies.indices {
            if let word = word(at: address, in: copies[index]) {
                recent = index
                return word
            }
        }
        return nil
    }

    private func word(at address: UInt64, in copy: (base: UInt64, range: Range<Int>)) -> UInt64? {
        let distance = address &- copy.base
        guard copy.range.count >= 8, distance <= UInt64(copy.range.count - 8) else { return nil }
        return unsafe buffer.withUnsafeBytes { bytes in
            // Safe: eight bytes of the copy are behind the distance.
            unsafe UInt64(
                littleEndian: bytes.loadUnaligned(
                    fromByteOffset: copy.range.lowerBound + Int(distance), as: UInt64.self))
        }
    }

    /// Gives the copies out.
    mutating func take() -> [StackWindow] {
        defer { removeAll() }
        return copies.map { StackWindow(base: Address(rawValue: $0.base), bytes: Array(buffer[$0.range])) }
    }
}
