import Glibc
import ProcFS
import ProfileModel
import Profiles
import Recording
import Sampling
import TargetProcess

/// Explains why a recording is empty.
struct RecordingCheck {
    let recording: Recording
    let mode: SamplingMode

    private var emptyText: String {
        switch mode {
        case .cpu: "no thread ran on a CPU during the recording; --mode wall shows what threads wait for"
        case .wall: UnreadThreads.text(recording.ledger.losses.counts.keys)
        case .offCPU: "no thread left its CPU during the recording; --mode cpu shows what threads do there"
        }
    }

    private var exitCode: Int32 { if case .interrupted = recording.end { 130 } else { 1 } }

    private func state(of process: ProcessID, _ procfs: ProcFS) -> ThreadState? {
        (try? procfs.process(process).stat())?.state
    }

    /// Throws when there is nothing to write.
    func requireSamples(of processes: [ProcessID], _ procfs: ProcFS) throws(CommandFailure) {
        guard recording.profile.isEmpty else { return }
        let losses = LossText(recording.ledger.losses)
        if let process = processes.first, losses.mainReason == .refused {
            throw CommandFailure(
                AttachRefusal(
                    errno: EPERM, attachingTo: ThreadID(rawValue: process.rawValue), of: process, procfs: procfs))
        }
        if losses.mainReason == .tooManyOpenFiles {
            throw CommandFailure(
                "no file of a thread could be opened: Sonde may have only \(DescriptorLimit.text); "
                    + DescriptorLimit.remedy)
        }
        if let text = losses.ofEmptyRecording { throw CommandFailure(text, exitCode: exitCode) }
        if case .interrupted = recording.end {
            throw CommandFailure("interrupted before a sample was taken", exitCode: exitCode)
        }
        if case .targetsEnded = recording.end { throw CommandFailure("the process ended before a sample was taken") }
        if processes.allSatisfy({ state(of: $0, procfs) == .stopped }) {
            throw CommandFailure("the process is stopped by a signal; resume it with kill -CONT")
        }
        if processes.allSatisfy({ state(of: $0, procfs) == .tracingStop }) {
            throw CommandFailure("the process is stopped by its debugger; continue it there")
        }
        throw CommandFailure(emptyText)
    }
}
