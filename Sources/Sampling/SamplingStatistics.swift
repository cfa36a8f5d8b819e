internal import Glibc
internal import ProfileModel

/// What happened while sampling: every sample that was taken, and every one that was not.
package struct SamplingStatistics: Sendable {
    /// Why a thread that was due gave no sample.
    package enum Loss: String, CaseIterable, Sendable {
        /// It ended before it stopped.
        case ended
        /// The kernel refused to trace it: another tracer has it, or it changed its user.
        case refused
        /// It woke up or slept again while it was being read.
        case moved
        /// The unwinder was too far behind.
        case queueFull = "queue_full"
        /// More distinct stacks than are kept.
        case tooManyStacks = "too_many_stacks"
        /// The thread has run nothing since a stack that was lost.
        case lostBefore = "lost_before"
        /// The kernel's ring was full.
        case ringFull = "ring_full"
        /// It had not stopped when sampling ended.
        case notStopped = "not_stopped"
        /// There were no more descriptors to keep its files.
        case tooManyOpenFiles = "too_many_open_files"
        /// The target keeps a page of its memory from being read.
        case stuck
        /// What unwinds stacks ended at this one.
        case workerCrashed = "worker_crashed"
        /// What unwinds stacks took too long for this one.
        case workerTimeout = "worker_timeout"
        /// A system call failed for another reason.
        case failed
    }

    package var ticks = 0
    package var lateTicks = 0
    package var missedTicks = 0
    /// Samples that stopped their threads, each once: running ones, and sleeping ones where that was asked for.
    package var stoppedSamples = 0
    /// Those of sleeping threads.
    package var interruptedSamples = 0
    /// Samples of sleeping threads, read without a stop.
    package var sleepingSamples = 0
    /// Samples of threads in the same sleep as before, which were not touched at all.
    package var repeatedSamples = 0
    /// Samples that the kernel copied while the thread went on.
    package var copiedSamples = 0
    /// How often the kernel throttled sampling, because sampling took too much of a CPU.
    package var throttled = 0
    /// Samples of threads that were on a CPU at a tick and went to sleep before they could be stopped: they were not.
    package var departedSamples = 0
    /// The CPU time of the sampled processes, the part that samples stand for, and the standard error of that part.
    ///
    /// Not where stops sample in wall mode: they don't distinguish waiting for a CPU from being on one.
    package var processorNanoseconds: UInt64 = 0
    package var coveredNanoseconds: UInt64 = 0
    package var coverageError = 0.0
    /// Time away from a CPU that threads waited for something, and that they could have run.
    package var blockedNanoseconds: UInt64 = 0
    package var preemptedNanoseconds: UInt64 = 0
    /// The part of both for which no stack is known.
    package var unseenNanoseconds: UInt64 = 0
    /// Of each thread whose offCPUIntervals were watched.
    var offCPUIntervals: [ThreadID: OffCPUIntervals.Total] = [:]
    /// Threads that were ready to run at a tick and not on a CPU; in CPU mode they give no sample.
    package var waitingForCPU = 0
    /// CPU time of threads that ran so little that not all of them were polled each time, in nanoseconds.
    package var unwatchedNanoseconds: UInt64 = 0
    package var losses: [Loss: Int] = [:]
    package var threads = 0
    package var stopDurations = StopDurations()
    /// From the first tick to the last, in nanoseconds.
    package var elapsed: UInt64 = 0

    package var samples: Int { stoppedSamples + departedSamples + sleepingSamples + repeatedSamples + copiedSamples }

    /// Whether the samples leave out more of the CPU time than a tenth and chance.
    package var isCoveragePoor: Bool {
        Self.isPoor(covered: Double(coveredNanoseconds), of: Double(processorNanoseconds), error: coverageError)
    }

    /// Whether that is less than nine tenths, by more than four standard errors.
    static func isPoor(covered: Double, of all: Double, error: Double) -> Bool {
        all - covered > max(all / 10, 4 * error)
    }

    package mutating func lose(_ loss: Loss, count: Int = 1) {
        if count > 0 { losses[loss, default: 0] += count }
    }

    /// Adds what another sampler saw of the same processes, at the same time or afterwards.
    mutating func add(_ other: SamplingStatistics) {
        ticks += other.ticks
        lateTicks += other.lateTicks
        missedTicks += other.missedTicks
        stoppedSamples += other.stoppedSamples
        interruptedSamples += other.interruptedSamples
        sleepingSamples += other.sleepingSamples
        repeatedSamples += other.repeatedSamples
        copiedSamples += other.copiedSamples
        throttled += other.throttled
        processorNanoseconds &+= other.processorNanoseconds
        coveredNanoseconds &+= other.coveredNanoseconds
        coverageError = hypot(coverageError, other.coverageError)
        departedSamples += other.departedSamples
        blockedNanoseconds &+= other.blockedNanoseconds
        preemptedNanoseconds &+= other.preemptedNanoseconds
        unseenNanoseconds &+= other.unseenNanoseconds
        unwatchedNanoseconds &+= other.unwatchedNanoseconds
        offCPUIntervals.merge(other.offCPUIntervals) { _, new in new }
        waitingForCPU += other.waitingForCPU
        for (loss, count) in other.losses { lose(loss, count: count) }
        threads = max(threads, other.threads)
        stopDurations.add(other.stopDurations)
    }

    /// The part of the wall time, 0 to 1, in which some thread was stopDurations: at most the sum of all times.
    package var stoppedShare: Double { elapsed == 0 ? 0 : Double(stopDurations.totalNanoseconds) / Double(elapsed) }
}
