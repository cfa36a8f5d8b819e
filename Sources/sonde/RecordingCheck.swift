import Glibc
import ProcFS
import ProfileModel
import Profiles
import Sampling
import TargetProcess

/// Tells why a recording is empty, when it is.
struct RecordingCheck {
    let recording: Recording
    let mode: SamplingMode

    private var emptyText: String {
        switch mode {
        case .cpu: "no thread ran on a CPU in that time; --mode wall shows what the threads wait for"
        case .wall: "no thread could be read; sonde doctor -p PID tells more"
        case .offCPU: "no thread was away from its CPU in that time; --mode cpu shows what the threads do there"
        }
    }

    private func state(of process: ProcessID, _ procfs: ProcFS) -> ThreadState? {
        (try? procfs.process(process).stat())?.state
    }

    /// Throws when there is nothing to write.
    func requireSamples(of processes: [ProcessID], _ procfs: ProcFS) throws(CommandFailure) {
        guard recording.profile.isEmpty else { return }
        if let process = processes.first, recording.statistics.losses[.refused] != nil {
            throw CommandFailure(
                AttachRefusal(
                    errno: EPERM, attachingTo: ThreadID(rawValue: process.rawValue), of: process, procfs: procfs))
        }
        if recording.statistics.losses[.tooManyOpenFiles] != nil {
            throw CommandFailure(
                "no thread's files can be kept open: raise the limit on open files (ulimit -Hn; systemd: LimitNOFILE)")
        }
        if case .interrupted = recording.end {
            throw CommandFailure("interrupted before there was anything to write", exitCode: 130)
        }
        if case .targetsEnded = recording.end { throw CommandFailure("ended before a sample could be taken") }
        if processes.allSatisfy({ state(of: $0, procfs) == .stopped }) {
            throw CommandFailure("stopped by a signal, so that nothing runs; kill -CONT lets it go on")
        }
        if processes.allSatisfy({ state(of: $0, procfs) == .tracingStop }) {
            throw CommandFailure("stopped by its debugger, so that nothing runs; let it go on there")
        }
        throw CommandFailure(emptyText)
    }
}
