internal import Glibc
package import ProcFS
package import ProfileModel
internal import Synchronization
internal import SystemSupport
package import TargetProcess
package import WorkerControl

/// One recording, from the first tick to the collected stacks.
///
/// Two threads work for it: one samples, one unwinds. SIGCHLD must be blocked in the whole program before the first
/// session starts (`blockChildSignal()`): the kernel announces stops by it.
package final class SamplingSession {
    /// What a recording gives.
    package struct Outcome: Sendable {
        package let stacks: [CollectedStack]
        package let statistics: SamplingStatistics
        package let sampler: SamplerReport
        /// The CPU time that Sonde itself used for it, in nanoseconds.
        package let ownNanoseconds: UInt64
    }

    private let control = SamplingControl()
    private let results = Results()
    private let sampling: OwnedThread
    private let collecting: OwnedThread
    private let queue: SampleEventQueue
    private let samplingEnded = OneTimeEvent()
    private let collectingEnded = OneTimeEvent()
    private let ownStart: UInt64

    /// What the two threads leave behind.
    private final class Results: Sendable {
        let statistics = Mutex(SamplingStatistics())
        let stacks = Mutex<[CollectedStack]>([])
        let losses = Mutex<[SamplingStatistics.Loss: Int]>([:])
        let report = Mutex(SamplerReport(sampler: .ptrace, reason: .usual))
        let refusal = Mutex<SamplingError?>(nil)

        func take(_ outcome: (statistics: SamplingStatistics, report: SamplerReport)) {
            statistics.withLock { $0 = outcome.statistics }
            report.withLock { $0 = outcome.report }
        }
    }

    /// Samples from the time on at which it returns.
    ///
    /// - Parameter worker: unwinds the stacks, until the session has finished.
    /// - Throws: when one of the processes can't be opened in `/proc`, or there is no thread for the work.
    package init(
        of processes: [ProcessID], options: SamplingOptions, procfs: ProcFS, worker: StackWorker,
        objects: TracedObjects
    ) throws(SamplingError) {
        let targets = try Self.contexts(of: processes, in: procfs)
        let queue = SampleEventQueue(byteLimit: 16 << 20)
        self.queue = queue
        let (samplingEnded, collectingEnded) = (self.samplingEnded, self.collectingEnded)
        let (control, results, prepared, begun) = (self.control, self.results, OneTimeEvent(), OneTimeEvent())
        ownStart = ProcessorTime.ofThisProcess
        collecting = try Self.thread(named: "sonde-collector") {
            let collector = StackCollector(options: options, worker: worker, objects: objects)
            for context in targets { collector.prepare(context) }
            prepared.signal()
            while let events = queue.takeAll() { collector.collect(events) }
            collector.finish()
            results.stacks.withLock { $0 = collector.stacks }
            results.losses.withLock { $0 = collector.losses }
            collectingEnded.signal()
        }
        do {
            sampling = try Self.thread(named: "sonde-sampler") {
                prepared.wait()
                do throws(SamplingError) {
                    let run = try SamplingRun(
                        options: options, procfs: procfs, contexts: targets, queue: queue, control: control)
                    begun.signal()
                    results.take(run.run())
                } catch {
                    results.refusal.withLock { $0 = error }
                    begun.signal()
                }
                queue.close()
                control.end()
                samplingEnded.signal()
            }
        } catch {
            queue.close()
            collecting.join()
            throw error
        }
        begun.wait()
        if let refusal = results.refusal.withLock({ $0 }) {
            sampling.join()
            collecting.join()
            throw refusal
        }
    }

    private static func thread(
        named name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SamplingError) -> OwnedThread {
        do { return try OwnedThread(name: name, body) } catch { throw .noThread(error) }
    }

    private static func contexts(
        of processes: [ProcessID], in procfs: ProcFS
    ) throws(SamplingError) -> [ProcessContext] {
        var contexts: [ProcessContext] = []
        var lastError: SamplingError?
        for process in processes {
            do {
                contexts.append(try ProcessContext(of: process, in: procfs))
            } catch .vanished(let file) {
                // Of several, one may end before it is opened.
                lastError = .process(process, .vanished(file: file))
            } catch {
                throw .process(process, error)
            }
        }
        if let lastError, contexts.isEmpty { throw lastError }
        return contexts
    }

    /// Blocks SIGCHLD in the calling thread and in all that it starts.
    package static func blockChildSignal() { StopSignal.block() }

    /// How many samples there are so far.
    package var samples: Int { control.samples }

    /// Whether sampling has ended because no target is left.
    package var hasEnded: Bool { control.hasEnded }

    /// Ends sampling, and waits until all that was seen is unwound.
    ///
    /// A target can make the kernel wait for ever for a page of its stack (userfaultfd(2), a FUSE file): a thread of Sonde
    /// that reads it then stays behind, and what was seen before is kept.
    package func finish() -> Outcome {
        control.stop()
        let isStuck = !samplingEnded.wait(for: Self.endTimeout)
        if isStuck { queue.close() } else { sampling.join() }
        // Unwinding may take long, and ends; only behind a stuck sampler, the collector may be stuck as well.
        if !isStuck || collectingEnded.wait(for: Self.endTimeout) { collecting.join() }
        var statistics = results.statistics.withLock { $0 }
        for (loss, count) in results.losses.withLock({ $0 }) { statistics.lose(loss, count: count) }
        if isStuck { statistics.lose(.stuck) }
        return Outcome(
            stacks: results.stacks.withLock { $0 }.map { $0.scaled(by: statistics.offCPUIntervals) },
            statistics: statistics,
            sampler: results.report.withLock { $0 }, ownNanoseconds: ProcessorTime.ofThisProcess - ownStart)
    }

    private static let endTimeout = Duration.seconds(5)
}
