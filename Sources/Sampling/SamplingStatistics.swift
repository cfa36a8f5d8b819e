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
        /// It had not stopped when sampling ended.
        case notStopped = "not_stopped"
        /// A system call failed for another reason.
        case failed
    }

    package var ticks = 0
    package var lateTicks = 0
    package var missedTicks = 0
    /// Samples of running threads: each stopped its thread once.
    package var stoppedSamples = 0
    /// Samples of sleeping threads, read without a stop.
    package var sleepingSamples = 0
    /// Samples of threads in the same sleep as before, which were not touched at all.
    package var repeatedSamples = 0
    /// Threads that were ready to run at a tick and not on a CPU; in CPU mode they give no sample.
    package var waitingForCPU = 0
    /// CPU time of threads that ran so little that not all of them were looked at each time, in nanoseconds.
    package var unwatchedNanoseconds: UInt64 = 0
    package var losses: [Loss: Int] = [:]
    package var threads = 0
    package var held = HeldTimes()
    /// From the first tick to the last, in nanoseconds.
    package var elapsed: UInt64 = 0

    package var samples: Int { stoppedSamples + sleepingSamples + repeatedSamples }

    package mutating func lose(_ loss: Loss, count: Int = 1) { losses[loss, default: 0] += count }

    /// The part of the wall time, 0 to 1, in which some thread was held: at most the sum of all times.
    package var heldShare: Double { elapsed == 0 ? 0 : Double(held.totalNanoseconds) / Double(elapsed) }
}
