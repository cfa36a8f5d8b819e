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
    /// What was counted in a part of the session, or in all of it.
    package struct Outcome: Sendable {
        package let stacks: [CollectedStack]
        package let ledger: SampleLedger
        package let sampler: SamplerReport
        /// The CPU time that Sonde itself used meanwhile, in nanoseconds.
        package let ownNanoseconds: UInt64
    }

    private let control = SamplingControl()
    private let results = Results()
    private let sampling: OwnedThread
    private let collecting: OwnedThread
    private let queue: SampleEventQueue
    private let samplingEnded = OneTimeEvent()
    private let collectingEnded = OneTimeEvent()
    private var ownStart: UInt64

    /// What the two threads leave behind.
    private final class Results: Sendable {
        struct Drained {
            var stacks: [CollectedStack] = []
            /// How many requests were answered.
            var answers = 0
        }

        let drained = Monitor(Drained())
        let refusal = Mutex<SamplingError?>(nil)

        /// Adds what the collector hands out; what comes too late for one drain is in the next one.
        func take(from collector: StackCollector, answering requests: Int) {
            let stacks = collector.drain()
            drained.change { drained in
                drained.stacks += stacks
                drained.answers = requests
            }
        }

        func takeStacks() -> [CollectedStack] {
            drained.change { drained in
                defer { drained.stacks = [] }
                return drained.stacks
            }
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
            let collector = StackCollector(options: options, worker: worker, objects: objects, control: control)
            collector.prepare(targets)
            prepared.signal()
            var answers = 0
            while let batch = queue.takeAll() {
                collector.collect(batch.events)
                if batch.drains > answers { results.take(from: collector, answering: batch.drains) }
                answers = batch.drains
            }
            collector.finish()
            results.take(from: collector, answering: .max)
            collectingEnded.signal()
        }
        do {
            sampling = try Self.thread(named: "sonde-sampler") {
                prepared.wait()
                do throws(SamplingError) {
                    let run = try SamplingRun(
                        options: options, procfs: procfs, contexts: targets, queue: queue, control: control)
                    begun.signal()
                    run.run()
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

    /// Gives out what was counted since the last call, and goes on sampling.
    ///
    /// The stacks of all calls, with those of `finish()`, are those of the whole session, and so are their ledgers. What was
    /// sampled just now may come with the next call. To be called once the locations of the stacks before are named: their
    /// object files may be closed, which therefore must be this session's alone, with their worker.
    ///
    /// - Parameter timeout: how long to wait for the stacks that are being unwound; without them, the next call has them.
    package func drain(timeout: Duration = endTimeout) -> Outcome {
        let request = queue.requestDrain()
        _ = results.drained.wait(until: .now.advanced(by: timeout)) { $0.answers >= request ? true : nil }
        return takeOutcome()
    }

    private func takeOutcome() -> Outcome {
        let own = ProcessorTime.ofThisProcess
        defer { ownStart = own }
        return Outcome(
            stacks: results.takeStacks(), ledger: control.takeLedger(), sampler: control.report,
            ownNanoseconds: own - ownStart)
    }

    /// How much of each kind was kept lately; of what is drained, after the last drain.
    package var keptCounts: [KeptThing: Int] { control.keptCounts }

    /// Ends sampling, and waits until all that was seen since the last drain is unwound.
    ///
    /// A target can make the kernel wait for ever for a page of its stack (userfaultfd(2), a FUSE file): a thread of Sonde
    /// that reads it then stays behind, and what was seen before is kept.
    package func finish() -> Outcome {
        control.stop()
        let isStuck = !samplingEnded.wait(for: Self.endTimeout)
        if isStuck { queue.close() } else { sampling.join() }
        // Unwinding may take long, and ends; only behind a stuck sampler, the collector may be stuck as well.
        if !isStuck || collectingEnded.wait(for: Self.endTimeout) { collecting.join() }
        if isStuck { control.lose(.stuck) }
        return takeOutcome()
    }

    package static let endTimeout = Duration.seconds(5)
}
