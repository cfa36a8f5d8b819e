import ObjectFiles
import ProfileModel
import Testing

@testable import Unwinding

/// What is kept of instructions that no call frame information covers.
@Suite struct MissingInformationTests {
    private let context: UnwindContext
    private let space: LibunwindSpace

    init() throws {
        context = UnwindContext(
            addressSpace: try ForgedObject(code: [0xff, 0xd0, 0xc3]).addressSpace, tables: UnwindTableCache())
        space = try LibunwindSpace(context)
        #expect(space.begin(at: ForgedObject.snapshot(at: 2, stack: []).registers))
    }

    /// Why a frame can't be left whose call ends at 2.
    private func failure() -> String? {
        _ = space.step(from: .returnAddress(Address(rawValue: ForgedObject.address(2))))
        return space.takeFailure().map { String(describing: $0) }
    }

    private func exhaust() { #expect(!context.budget.allows(.findingEntries, .max)) }

    @Test func `That there is none is found once`() {
        #expect(failure() == "noInformation")
        exhaust()
        #expect(failure() == "noInformation")
    }

    @Test func `What was not read for one stack is read for the next`() {
        exhaust()
        #expect(failure() == "workLimit")
        context.budget.reset()
        #expect(failure() == "noInformation")
    }
}
