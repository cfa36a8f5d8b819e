internal import ProfileModel

/// The rules for frames of one function, by the instruction that a frame is about to execute.
struct FunctionRules {
    /// Indices in `rules`: of which there are few for one function.
    private var indices: [FrameAddress: UInt16] = [:]
    private var rules: [FrameRule] = []

    /// How many instructions it has rules for.
    var count: Int { indices.count }

    mutating func add(_ rule: FrameRule?, at address: FrameAddress) {
        guard let rule else { return }
        let known = rules.lastIndex(of: rule)
        if known == nil { rules.append(rule) }
        guard let index = UInt16(exactly: known ?? rules.count - 1) else { return }
        indices[address] = index
    }

    subscript(address: FrameAddress) -> FrameRule? { indices[address].map { rules[Int($0)] } }
}
