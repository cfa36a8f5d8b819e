internal import Synchronization
internal import SystemSupport

/// A thread that watches for changes of code while others sample.
final class CodeWatchThread {
    private static let interval: Int32 = 50

    private let worker: OwnedThread
    private let control: SamplingControl

    private final class Beginning: Sendable {
        let isPermitted = Atomic<Bool>(false)
        let isDecided = OneTimeEvent()
    }

    /// `nil` when it is not permitted, or the system has no more threads.
    init?(of contexts: [ProcessContext], queue: SampleEventQueue) {
        let (beginning, control) = (Beginning(), SamplingControl())
        let worker = try? OwnedThread(name: "sonde-changes") {
            guard let watch = try? CodeWatch(of: contexts, queue: queue) else { return beginning.isDecided.signal() }
            beginning.isPermitted.store(true, ordering: .releasing)
            beginning.isDecided.signal()
            while !control.mustStop {
                watch.wait(milliseconds: Self.interval)
                watch.poll()
            }
            watch.poll(isLast: true)
        }
        guard let worker else { return nil }
        beginning.isDecided.wait()
        guard beginning.isPermitted.load(ordering: .acquiring) else {
            worker.join()
            return nil
        }
        self.worker = worker
        self.control = control
    }

    /// Hands on all that was reported until now; to be called once.
    func finish() {
        control.stop()
        worker.join()
    }
}
