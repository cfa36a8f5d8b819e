internal import ProfileModel

/// The frames from a candidate's caller to the root.
struct OuterFrames {
    private let positions: [StackPosition]
    private static let limit = 4096

    /// `nil` when the root is not reached.
    init?(of walk: StackWalk) {
        var walk = walk
        var positions: [StackPosition] = []
        while positions.count < Self.limit {
            if let ending = walk.step() {
                guard ending == .rootReached else { return nil }
                self.positions = positions
                return
            }
            positions.append(walk.position)
        }
        return nil
    }

    /// Whether the frame that returns to right above `framePointer` is one of these, and its caller one that calls once in
    /// the life of a stack: the start of a thread, called by the root, or of `main`, called from the same library's start
    /// code, which the program's root called.
    func isCalledOnce(framePointer: UInt64) -> Bool {
        guard let index = positions.firstIndex(where: { $0.stackPointer == framePointer &+ 16 }) else { return false }
        let rest = positions[index...].map { object(of: $0) }
        if rest.count == 2 { return true }
        return rest.count == 3 && rest[0] == rest[1] && rest[1] != rest[2]
    }

    private func object(of position: StackPosition) -> ObjectID? {
        if case .object(let id, _) = position.location { id } else { nil }
    }
}
