internal import ProfileModel

/// The rules for frames of one function, by the instruction that a frame is about to execute.
struct FunctionRules {
    /// Frames of one function are found in some dozen ways; what has more gets no further ones.
    private static let mostRules = 256

    /// Indices in `rules`.
    private var indices: [FrameAddress: UInt8] = [:]
    private var rules: [FrameRule] = []

    /// How many instructions it has rules for.
    var count: Int { indices.count }

    mutating func add(_ rule: FrameRule?, at address: FrameAddress) {
        guard let rule else { return }
        if let known = rules.lastIndex(of: rule) {
            indices[address] = UInt8(known)
        } else if rules.count < Self.mostRules {
            indices[address] = UInt8(rules.count)
            rules.append(rule)
        }
    }

    subscript(address: FrameAddress) -> FrameRule? { indices[address].map { rules[Int($0)] } }
}
