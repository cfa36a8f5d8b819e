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
        case .wall: "no thread could be read; run sonde doctor -p PID to see why"
        case .offCPU: "no thread left its CPU during the recording; --mode cpu shows what threads do there"
        }
    }

    private func state(of process: ProcessID, _ procfs: ProcFS) -> ThreadState? {
        (try? procfs.process(process).stat())?.state
    }

    /// Throws when there is nothing to write.
    func requireSamples(of processes: [ProcessID], _ procfs: ProcFS) throws(CommandFailure) {
        guard recording.profile.isEmpty else { return }
        if let process = processes.first, recording.ledger.losses[.refused] > 0 {
            throw CommandFailure(
                AttachRefusal(
                    errno: EPERM, attachingTo: ThreadID(rawValue: process.rawValue), of: process, procfs: procfs))
        }
        if recording.ledger.losses[.tooManyOpenFiles] > 0 {
            throw CommandFailure(
                "no file of a thread could be opened: Sonde may have only \(DescriptorLimit.text); raise the limit "
                    + "(ulimit -Hn; systemd: LimitNOFILE)")
        }
        if case .interrupted = recording.end {
            throw CommandFailure("interrupted before a sample was taken", exitCode: 130)
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
