import ProcFS
import ProfileModel
import TestSupport
import Testing

@testable import Sampling

extension SampleCandidate {
    /// The first thread of a program, whatever it does.
    init(firstThreadOf program: TestProgram) throws {
        let procfs = ProcFS()
        let context = try ProcessContext(of: program.id, in: procfs)
        let tracker = try ThreadTracker(of: context.directory, countsTimeslices: procfs.kernelCountsTimeslices)
        _ = try tracker.refresh()
        let entry = try #require(tracker.ordered.first)
        let thread = ThreadIdentity(process: program.id, thread: entry.id, name: "", processName: "")
        self.init(context: context, entry: entry, thread: thread, presence: .any)
    }
}
