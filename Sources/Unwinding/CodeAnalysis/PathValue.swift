internal import ProfileModel

/// What a register or a word of the stack holds, as the code from one instruction to another determines it.
struct PathValue: Hashable {
    /// An index in the analysis's `PathOrigins`.
    fileprivate let origin: Int32
    /// Frames are smaller than that.
    let offset: Int32

    func advanced(by distance: Int64) -> PathValue? {
        let (sum, isTooLarge) = Int64(offset).addingReportingOverflow(distance)
        guard !isTooLarge, let offset = Int32(exactly: sum) else { return nil }
        return PathValue(origin: origin, offset: offset)
    }

    /// `self - other` where both have one origin.
    func distance(from other: PathValue) -> Int64? {
        origin == other.origin ? Int64(offset) - Int64(other.offset) : nil
    }

    /// What a register holds where the path begins.
    static func initial(_ register: NativeRegisters.Name) -> PathValue {
        PathValue(origin: Int32(register.rawValue), offset: 0)
    }
}

/// Where values come from that a path doesn't compute itself.
struct PathOrigins {
    private enum Origin: Hashable {
        case initial(NativeRegisters.Name)
        /// A word of memory that was there before.
        case loaded(PathValue)
        /// What an instruction made that only the run knows.
        case made(by: Address)
    }

    private static let limit = 1024
    /// Code finds its frame by a register, or by a word of the stack, or by a word where that points.
    private static let longestChain = 3

    private var origins = NativeRegisters.Name.allCases.map(Origin.initial)
    private var indices: [Origin: Int32] = [:]

    /// `nil` when there are too many.
    mutating func loaded(from place: PathValue) -> PathValue? {
        depth(of: place) < Self.longestChain ? value(of: .loaded(place)) : nil
    }

    mutating func made(by instruction: Address) -> PathValue? { value(of: .made(by: instruction)) }

    private mutating func value(of origin: Origin) -> PathValue? {
        if let known = indices[origin] { return PathValue(origin: known, offset: 0) }
        guard origins.count < Self.limit else { return nil }
        let index = Int32(origins.count)
        origins.append(origin)
        indices[origin] = index
        return PathValue(origin: index, offset: 0)
    }

    private func depth(of value: PathValue) -> Int {
        if case .loaded(let place) = origins[Int(value.origin)] { 1 + depth(of: place) } else { 0 }
    }

    /// Where the word was that a value is; `nil` where it is none.
    func place(of value: PathValue) -> PathValue? {
        guard value.offset == 0, case .loaded(let place) = origins[Int(value.origin)] else { return nil }
        return place
    }

    /// How to compute a value from the registers and the stack where the path begins.
    func term(_ value: PathValue) -> FrameTerm? {
        switch origins[Int(value.origin)] {
        case .initial(let name): .register(name, Int64(value.offset))
        case .loaded(let place): term(place).map { .memory($0, Int64(value.offset)) }
        case .made: nil
        }
    }
}
