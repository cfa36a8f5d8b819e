import ProcFS
import Profiles
import Recording
import TargetProcess
import WorkerControl

/// What a recording needs to begin.
struct RecordingSetup {
    let request: RecordingRequest
    /// What the terminal calls the processes.
    let title: String
    /// The processes, as they were at the beginning.
    let described: [DescribedProcess]
    let procfs: ProcFS
    let worker: StackWorker
    let objects: TracedObjects
}

/// What a recording leaves to be written.
struct RecordingResult {
    let profile: Profile
    /// The summary for programs, by where the profile was written; `nil` for standard output.
    let json: (_ path: String?) throws(CommandFailure) -> String
}
