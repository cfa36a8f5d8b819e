internal import ProfileModel

/// Searches a stack upward for the frame pointer of a frame whose size only the run knows.
///
/// The true frame pointer points to a saved frame pointer with a return address above it. Whatever can be that is a
/// candidate, so that the true one is always among them, and a single one is certain.
struct FrameSearch {
    struct Candidate {
        let framePointer: UInt64
        let evidence: CallEvidence
    }

    private static let candidateLimit = 64

    let memory: UnwindMemory
    /// The function whose frame it is.
    let function: Range<Address>
    /// Whether the function keeps its caller's frame pointer right below its own return address.
    let isPlainFrame: Bool

    /// All candidates at multiples of 8 among `addresses`, in ascending order; `nil` when there are too many, or the stack
    /// was not copied.
    func candidates(in addresses: ClosedRange<UInt64>) -> [Candidate]? {
        var found: [Candidate] = []
        let (roundedUp, isTooLarge) = addresses.lowerBound.addingReportingOverflow(7)
        guard !isTooLarge else { return nil }
        for address in stride(from: roundedUp & ~7, through: addresses.upperBound, by: 8) {
            guard let target = memory.stackWord(at: Address(rawValue: address &+ 8)) else { return nil }
            guard let evidence = evidence(at: address, returningTo: Address(rawValue: target)) else { continue }
            guard found.count < Self.candidateLimit else { return nil }
            found.append(Candidate(framePointer: address, evidence: evidence))
        }
        return found
    }

    private func evidence(at framePointer: UInt64, returningTo target: Address) -> CallEvidence? {
        guard let site = CallSite(endingAt: target, in: memory) else { return nil }
        let evidence = CallEvidence(site, to: function, in: memory)
        if case .excluded = evidence { return nil }
        return isPlainFrame && !fitsCaller(framePointer, target) ? nil : evidence
    }

    /// Whether the saved frame pointer is the caller's, where the caller's code tells how far above it has to be.
    private func fitsCaller(_ framePointer: UInt64, _ target: Address) -> Bool {
        guard let saved = memory.stackWord(at: Address(rawValue: framePointer)),
            let distance = memory.layout(at: .returnAddress(target))?.distance(to: .rbp)
        else { return true }
        let frameAddress = framePointer &+ 16
        return switch distance {
        case .exactly(let bytes): saved == frameAddress &+ bytes
        case .within(let range): saved >= frameAddress && range.contains(saved - frameAddress)
        case .somewhere: saved >= frameAddress
        }
    }
}
