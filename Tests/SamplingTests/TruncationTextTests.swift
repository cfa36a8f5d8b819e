import ProfileModel
import Sampling
import Testing

/// What a person reads of truncated stacks.
@Suite struct TruncationTextTests {
    private static let address = Address(rawValue: 0x1000)
    private static let reasons: [TruncationReason] = [
        .frameLimit(1), .beyondCopiedStack(address), .otherStackNotCopied(address), .unreadableMemory(address),
        .noUnwindInformation(address), .unknownRegister(at: address), .implausibleReturnAddress(address),
        .stackNotAscending(address), .codeChanged(address), .unsupportedUnwindInformation(address),
        .parsingBudgetExhausted(address), .workLimit(address),
    ]

    @Test(arguments: reasons) func `Each reason has a meaning, and a remedy`(reason: TruncationReason) {
        let text = TruncationText(label: reason.label, sampler: .perf, mayInterrupt: true)
        #expect(text.meaning != reason.label && !text.meaning.contains("_"))
        #expect(text.remedy?.isEmpty == false)
    }

    @Test func `A remedy that is in use already is not given`() {
        let copied = TruncationText(label: "beyond_copied_stack", sampler: .ptrace, mayInterrupt: true)
        let registers = TruncationText(label: "unknown_register", sampler: .ptrace, mayInterrupt: false)
        #expect(copied.remedy == nil && registers.remedy == nil)
    }

    @Test func `A reason of a newer version is shown as it is`() {
        let text = TruncationText(label: "something_else", sampler: .ptrace, mayInterrupt: false)
        #expect(text.meaning == "something_else" && text.remedy == nil)
    }
}
