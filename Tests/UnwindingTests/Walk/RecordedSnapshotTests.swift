import Foundation
import ProfileModel
import Testing
import Unwinding

/// Whether to write the recorded snapshots anew: `SONDE_RECORD_SNAPSHOTS=1`.
private let isRecording = ProcessInfo.processInfo.environment["SONDE_RECORD_SNAPSHOTS"] != nil

@Suite struct RecordedSnapshotTests {
    @Test(.enabled(if: isRecording), arguments: SnapshotCase.all)
    func `Record`(situation: SnapshotCase) throws {
        let observed = try Observed(situation)
        let found = observed.stack.frames.map(\.address.value.rawValue)
        try #require(found == observed.truth.map(\.address))
        try RecordedSnapshot(of: observed).write(named: situation.name)
    }

    @Test(.disabled(if: isRecording), arguments: SnapshotCase.all.map(\.name))
    func `A recorded snapshot has the stack that gdb showed`(name: String) throws {
        let recorded = try RecordedSnapshot(named: name)
        let unwinder = try Unwinder(addressSpace: try recorded.addressSpace(), tables: UnwindTableCache())
        let stack = unwinder.unwind(recorded.snapshot).stack
        #expect(StackText.lines(stack, in: unwinder.addressSpace) == recorded.addresses)
        #expect(StackText.ending(stack.ending) == recorded.ending)
    }

    /// libunwind caches what it knows of an instruction.
    @Test(.disabled(if: isRecording))
    func `Stacks are the same when their rules are cached`() throws {
        for name in SnapshotCase.all.map(\.name) {
            let recorded = try RecordedSnapshot(named: name)
            let unwinder = try Unwinder(addressSpace: try recorded.addressSpace(), tables: UnwindTableCache())
            let first = unwinder.unwind(recorded.snapshot)
            for _ in 0..<3 { #expect(unwinder.unwind(recorded.snapshot) == first, "\(name)") }
        }
    }
}
