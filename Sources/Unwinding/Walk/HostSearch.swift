internal import ProfileModel

/// Finds the function on whose frame code runs that was jumped to, as that of a runtime whose own stack is elsewhere.
///
/// Such code leaves the stack pointer where it is, and ends in jumps to other code of its kind. The function, its host, was
/// called directly, keeps a frame of a constant size, and jumps to where its caller says: a return address belongs to it if
/// it is above the code's stack pointer by just this size.
struct HostSearch {
    struct Host {
        /// Where its return address is.
        let slot: Address
        let target: Address
        /// By the registers of the frame in the code that runs on its own.
        let rule: FrameRule
    }

    /// A host reserves what the code needs of the stack for itself.
    private static let largestFrame: UInt64 = 32 * 1024
    /// `RESERVED_C_STACK_BYTES` in GHC's rts/include/rts/Constants.h.
    private static let usualReserve: UInt64 = 16 * 1024

    private(set) var hosts: [Host] = []
    /// Whether all was searched that was copied.
    private(set) var isComplete = true
    /// The first word that was not copied, where a host's return address may be.
    private(set) var uncopied: Address?
    /// What to copy from to find the host: above what is usually reserved, as what is not used of that has no memory that the
    /// kernel could copy with a sample.
    private(set) var rest: Address?

    /// The one host that there can be.
    var only: Host? { isComplete && hosts.count == 1 ? hosts.first : nil }

    /// - Parameters:
    ///   - stackPointer: of the code when it jumps.
    ///   - term: what that is found by.
    init(above stackPointer: Address, found term: FrameTerm, in context: UnwindContext) {
        for depth in stride(from: 8, through: Self.largestFrame, by: 8) {
            let slot = stackPointer.advanced(by: depth)
            guard context.budget.allows(.searchingWords) else {
                isComplete = false
                return
            }
            guard let word = context.stack.word(at: slot) else {
                uncopied = uncopied ?? slot
                continue
            }
            guard word > 4096, let start = context.calls.call(before: Address(rawValue: word))?.target else { continue }
            for rule in context.rules.hostRules(from: start)
            where rule.returnSlot == .register(.stackPointer, Int64(depth)) {
                hosts.append(
                    Host(
                        slot: slot, target: Address(rawValue: word), rule: rule.replacingStackPointer(by: term)))
            }
        }
        let aboveReserve = stackPointer.advanced(by: Self.usualReserve)
        rest = context.stack.word(at: aboveReserve) == nil ? aboveReserve : uncopied
    }
}
