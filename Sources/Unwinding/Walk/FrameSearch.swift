internal import ProfileModel

/// Searches a stack upward for the frame pointer of a frame whose size only the run knows.
///
/// The true frame pointer points to a saved frame pointer with a return address above it. Whatever can be that is a
/// candidate, so that the true one is always among them, and a single one is certain.
struct FrameSearch {
    struct Candidate {
        let framePointer: Address
        let evidence: CallEvidence
    }

    private static let candidateLimit = 64

    let context: UnwindContext
    /// The function whose frame it is.
    let function: Range<Address>
    /// Whether the function keeps its caller's frame pointer right below its own return address.
    let isPlainFrame: Bool

    /// All candidates at multiples of 8 among `addresses`, in ascending order.
    ///
    /// `nil` when there are too many, the stack was not copied, or too much of it has been searched.
    func candidates(in addresses: ClosedRange<Address>) -> [Candidate]? {
        var found: [Candidate] = []
        let (roundedUp, isTooLarge) = addresses.lowerBound.rawValue.addingReportingOverflow(7)
        guard !isTooLarge else { return nil }
        for number in stride(from: roundedUp & ~7, through: addresses.upperBound.rawValue, by: 8) {
            let address = Address(rawValue: number)
            guard context.budget.allows(.searchingWords),
                let target = context.stack.word(at: address.advanced(by: 8))
            else { return nil }
            guard let evidence = evidence(at: address, returningTo: Address(rawValue: target)) else { continue }
            guard found.count < Self.candidateLimit else { return nil }
            found.append(Candidate(framePointer: address, evidence: evidence))
        }
        return found
    }

    private func evidence(at framePointer: Address, returningTo target: Address) -> CallEvidence? {
        guard let evidence = context.evidence(ofReturnTo: target, from: function), evidence != .excluded else {
            return nil
        }
        return isPlainFrame && !fitsCaller(framePointer, target) ? nil : evidence
    }

    /// Whether the saved frame pointer is the caller's, where the caller's code determines how far above it has to be.
    private func fitsCaller(_ framePointer: Address, _ target: Address) -> Bool {
        guard let saved = context.stack.word(at: framePointer),
            let distance = context.layouts.layout(at: .returnAddress(target))?.distance(to: .framePointer)
        else { return true }
        let frameAddress = framePointer.advanced(by: 16).rawValue
        return switch distance {
        case .exactly(let bytes): saved == frameAddress &+ bytes
        case .within(let range): saved >= frameAddress && range.contains(saved - frameAddress)
        case .somewhere: saved >= frameAddress
        }
    }
}

/// The frames from a candidate's caller to the root.
struct OuterFrames {
    private let positions: [StackPosition]
    private static let limit = 4096

    /// `nil` when the root is not reached.
    init?(of walk: StackWalk) {
        var walk = walk
        var positions: [StackPosition] = []
        while positions.count < Self.limit, walk.context.budget.allows(.tryingSteps) {
            if let ending = walk.advance() {
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
    func isCalledOnce(framePointer: Address) -> Bool {
        let above = framePointer.advanced(by: 16)
        guard let index = positions.firstIndex(where: { $0.stackPointer == above }) else { return false }
        let rest = positions[index...].map { object(of: $0) }
        if rest.count == 2 { return true }
        return rest.count == 3 && rest[0] == rest[1] && rest[1] != rest[2]
    }

    private func object(of position: StackPosition) -> ObjectID? {
        if case .object(let id, _) = position.location { id } else { nil }
    }
}
