package import ProcFS
package import ProfileModel
package import SystemSupport
package import TargetProcess
package import WorkerControl

/// A stack of tasks that was seen, and how often.
package struct CollectedTaskStack: Sendable {
    package let process: ProcessID
    /// The `comm` of the process's main thread.
    package let processName: String
    package let stack: TaskStack
    package let count: UInt64
    /// When it was seen, in nanoseconds of `CLOCK_MONOTONIC`.
    package let runs: SampleRuns
}

/// How sampling tasks went.
package struct TaskSampling: Hashable, Sendable {
    /// How often the tasks of a process were read.
    package var readings: UInt64 = 0
    /// Readings that failed, because what reads them crashed or took too long.
    package var failedReadings: UInt64 = 0
    /// Those in which a chain can combine functions of different times.
    package var mixedReadings: UInt64 = 0
    package var ticks: UInt64 = 0
    package var lateTicks: UInt64 = 0
    package var missedTicks: UInt64 = 0
    /// Ticks at which nothing was read, to bound what reading costs: the next reading stands for them.
    package var representedTicks: UInt64 = 0
    package var samples: UInt64 = 0
    /// Samples of tasks whose functions are not all known, by `RuntimeTask.Loss.label`.
    package var unknown: [String: UInt64] = [:]
    /// Samples that were not kept, because there were too many distinct stacks.
    package var tooManyStacks: UInt64 = 0
    /// The most tasks at one tick.
    package var mostTasks = 0
    /// Why there can be more tasks.
    package var missing: Set<String> = []
    /// From the first tick to the last, and what reading took of it, in nanoseconds.
    package var elapsed: UInt64 = 0
    package var readingTime: UInt64 = 0
}

/// Samples the tasks of event loops: what each of them waits for, at each tick.
///
/// Belongs to the thread that makes it. No thread is stopped.
package final class TaskSampler {
    private let options: SamplingOptions
    private var readers: [TaskReader] = []
    private var names: [ProcessID: String] = [:]
    private var schedule: TickSchedule<SplitMix64>
    private let start: MonotonicTime
    private var counts: [Key: Seen] = [:]
    private var rowCount = 0
    private var waitingTicks: UInt64 = 0
    private var nextReading: MonotonicTime
    package private(set) var sampling = TaskSampling()

    private struct Key: Hashable {
        let process: ProcessID
        let stack: TaskStack
    }

    private struct Seen {
        var count: UInt64 = 0
        var runs = SampleRuns()
    }

    /// After a reading, so many times what it took passes until the next one: at most a tenth of the time is spent.
    private static let pause: UInt64 = 9

    /// - Throws: when one of the processes can't be opened in `/proc`.
    package init(
        of processes: [ProcessID], options: SamplingOptions, procfs: ProcFS, worker: StackWorker,
        objects: TracedObjects
    ) throws(SamplingError) {
        self.options = options
        for process in processes {
            do {
                readers.append(try TaskReader(of: process, procfs: procfs, worker: worker, objects: objects))
            } catch {
                throw .process(process, error)
            }
        }
        start = .now
        nextReading = start
        schedule = TickSchedule(
            rate: Double(options.rate), from: start, generator: SplitMix64(seed: .random(in: 0...UInt64.max)))
    }

    /// Whether no process is left.
    package var hasEnded: Bool { readers.isEmpty }

    /// When `sample()` has something to do.
    package var nextTick: MonotonicTime { schedule.next }

    /// Reads the tasks if a tick is due.
    package func sample() {
        let now = MonotonicTime.now
        guard now >= schedule.next else { return }
        let arrival = schedule.arrive(at: now)
        sampling.ticks += 1
        sampling.lateTicks += arrival.isLate ? 1 : 0
        sampling.missedTicks += UInt64(arrival.missed)
        waitingTicks += 1
        if now >= nextReading { read() }
    }

    /// Ends sampling; ticks that no reading stands for yet are read for.
    package func finish() -> [CollectedTaskStack] {
        if waitingTicks > 0 { read() }
        sampling.elapsed = MonotonicTime.now.since(start)
        return counts.map { key, seen in
            CollectedTaskStack(
                process: key.process, processName: names[key.process] ?? "", stack: key.stack, count: seen.count,
                runs: seen.runs)
        }
    }

    private func read() {
        let begin = MonotonicTime.now
        readers.removeAll { $0.hasEnded }
        var tasks = 0
        for reader in readers { tasks += read(reader, ticks: waitingTicks) }
        let cost = MonotonicTime.now.since(begin)
        sampling.mostTasks = max(sampling.mostTasks, tasks)
        sampling.representedTicks += waitingTicks - 1
        sampling.readingTime += cost
        waitingTicks = 0
        nextReading = MonotonicTime.now.advanced(by: cost * Self.pause)
    }

    /// Returns how many tasks there are.
    private func read(_ reader: TaskReader, ticks: UInt64) -> Int {
        if let name = reader.name { names[reader.process] = name }
        let begin = MonotonicTime.now
        guard let tasks = reader.tasks() else {
            if !reader.hasEnded { sampling.failedReadings += 1 }
            return 0
        }
        sampling.readings += 1
        sampling.mixedReadings += tasks.mayMixTimes ? 1 : 0
        sampling.missing.formUnion(tasks.missing)
        let run = SampleRuns.Run(ticks: ticks, endingAt: begin.nanoseconds, period: options.periodNanoseconds)
        for stack in TaskStack.stacks(of: tasks, rowLimit: options.frameLimit) {
            count(Key(process: reader.process, stack: stack), run)
        }
        return tasks.tasks.count
    }

    private func count(_ key: Key, _ run: SampleRuns.Run) {
        if counts[key] == nil {
            guard rowCount + key.stack.rows.count <= options.collectedFrameLimit else {
                sampling.tooManyStacks += run.count
                return
            }
            rowCount += key.stack.rows.count
        }
        // Two ticks in a row are at most one and a half periods apart.
        let gap = options.periodNanoseconds + options.periodNanoseconds / 2
        counts[key, default: Seen()].count += run.count
        counts[key]?.runs.append(run, joiningAcross: gap)
        sampling.samples += run.count
        for case .unknown(let loss) in key.stack.rows { sampling.unknown[loss.label, default: 0] += run.count }
    }
}
