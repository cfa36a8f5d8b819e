import ProcFS
import Recording
import Synchronization
import SystemSupport
import TargetProcess
import WorkerControl

/// Shows a recording's progress on the terminal, and ends it on a signal.
final class ConsoleMonitor: RecordingMonitor {
    private let progress: Mutex<ProgressLine>
    /// Whether a signal has ended sampling: naming then goes on, and the next one ends Sonde.
    private let wasInterrupted = Atomic<Bool>(false)

    init(seconds: Double?) { progress = Mutex(ProgressLine(seconds: seconds)) }

    func wait(nanoseconds: UInt64, elapsed: Double, samples: Int) -> Bool {
        progress.withLock { $0.show(elapsed: elapsed, note: "\(NumberText.grouped(samples)) samples") }
        let isInterrupted = InterruptSignals.wait(nanoseconds: nanoseconds)
        if isInterrupted { wasInterrupted.store(true, ordering: .relaxed) }
        return isInterrupted
    }

    func willName(locations: Int) { progress.withLock { $0.show("naming functions …") } }

    /// Removes the line of the progress.
    func clear() { progress.withLock { $0.clear() } }

    var mustEnd: Bool { InterruptSignals.isRequested && !wasInterrupted.load(ordering: .relaxed) }
}

extension ActiveRecording {
    /// Begins a recording, or says why it can't, and what would help.
    static func begin(
        _ request: RecordingRequest, procfs: ProcFS, worker: StackWorker, objects: TracedObjects
    ) throws(CommandFailure) -> ActiveRecording {
        do {
            return try ActiveRecording(request, procfs: procfs, worker: worker, objects: objects)
        } catch {
            throw CommandFailure(error, procfs: procfs)
        }
    }

    /// Samples to the end and names what was seen, with its progress on the terminal.
    func finishOnConsole(seconds: Double?) -> Recording {
        let monitor = ConsoleMonitor(seconds: seconds)
        defer { monitor.clear() }
        return finish(watchedBy: monitor)
    }
}
