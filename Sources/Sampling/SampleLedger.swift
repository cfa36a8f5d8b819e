package import ProfileModel

/// How sampling went: how samples were taken, why others are missing, and the times beside them.
///
/// Each event is noted once, where it happens. Ledgers of samplers that work beside or after each other, and of
/// consecutive parts of a session, are added.
package struct SampleLedger: Sendable, Equatable {
    /// How a sample was taken.
    package enum Sample: Sendable, CaseIterable {
        /// The thread ran, and was stopped.
        case stopped
        /// The thread slept, and was stopped all the same, because that was asked for.
        case interrupted
        /// The thread was on a CPU at a tick and went to sleep before it could be stopped: it was not.
        case departed
        /// The thread slept, and was read without a stop.
        case sleeping
        /// The thread was in the same sleep as before, and not touched at all.
        case repeated
        /// The thread was not polled at the tick, because of the budget for polls; what it did at its next poll stands for it.
        case represented
        /// The thread went on: the kernel copied the stack, or the thread is the kernel's own.
        case copied
    }

    /// Why a thread that was due gave no sample, or a sample that was taken is in no stack.
    package enum Loss: String, Sendable, CaseIterable {
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
        /// There was no descriptor to read its files by.
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

    /// What happens beside samples.
    package enum Event: Sendable {
        case tick
        /// A tick that came later than half the mean gap after its time.
        case lateTick
        /// A tick that was due at the same time as a later one, and didn't come.
        case missedTick
        /// A thread was found that was not known before.
        case thread
        /// Its files are not kept open, because there are too few descriptors: each poll opens them.
        case threadWithoutKeptFiles
        /// A thread was ready to run at a tick and not on a CPU; in CPU mode it gives no sample.
        case waitForCPU
        /// The kernel throttled sampling, because sampling took too much of a CPU.
        case throttling
    }

    /// What nanoseconds are counted of.
    package enum Time: Sendable {
        /// From the first tick to the last.
        case elapsed
        /// The CPU time of the sampled processes.
        ///
        /// Not where stops sample in wall mode: they don't distinguish waiting for a CPU from being on one.
        case processor
        /// The part of it that samples stand for.
        case covered
        /// Of threads that ran so little that not all of them were polled each time: their CPU time.
        case unwatched
        /// Time away from a CPU that threads waited for something.
        case blocked
        /// Time away from a CPU in which threads could have run.
        case preempted
        /// The part of both for which no stack is known.
        case unseen
    }

    package private(set) var taken = Tally<Sample>()
    package private(set) var losses = Tally<Loss>()
    package private(set) var events = Tally<Event>()
    package private(set) var times = Tally<Time>()
    /// Samples with interpreter loops, by what became of these.
    package private(set) var interpreted = Tally<InterpretedFrames>()
    /// The same, by what their threads had to do with the interpreter's lock, where that is known.
    package private(set) var locks = Tally<InterpreterLock>()
    package private(set) var stopDurations = StopDurations()
    /// Of the covered CPU time, in square nanoseconds.
    private var coverageVariance = 0.0

    package init() {}

    package mutating func note(_ sample: Sample, count: Int = 1) { taken.note(sample, UInt64(clamping: count)) }
    package mutating func lose(_ loss: Loss, count: Int = 1) { losses.note(loss, UInt64(clamping: count)) }
    package mutating func note(_ event: Event, count: Int = 1) { events.note(event, UInt64(clamping: count)) }
    mutating func note(_ outcome: InterpreterOutcome, count: Int) {
        interpreted.note(outcome.frames, UInt64(clamping: count))
        if let lock = outcome.lock { locks.note(lock, UInt64(clamping: count)) }
    }
    package mutating func note(_ time: Time, nanoseconds: UInt64) { times.note(time, nanoseconds) }
    mutating func note(stopOf nanoseconds: UInt64) { stopDurations.add(nanoseconds: nanoseconds) }

    mutating func add(_ stops: StopDurations) { stopDurations.add(stops) }

    mutating func note(_ coverage: SampleCoverage.Total) {
        note(.processor, nanoseconds: coverage.processor)
        note(.covered, nanoseconds: coverage.covered)
        coverageVariance += Double(coverage.error) * Double(coverage.error)
    }

    mutating func note(_ times: Tally<Time>) { self.times.add(times) }

    package mutating func add(_ other: SampleLedger) {
        taken.add(other.taken)
        losses.add(other.losses)
        events.add(other.events)
        times.add(other.times)
        interpreted.add(other.interpreted)
        locks.add(other.locks)
        stopDurations.add(other.stopDurations)
        coverageVariance += other.coverageVariance
    }

    /// Gives out what was noted since the last call.
    package mutating func take() -> SampleLedger {
        defer { self = SampleLedger() }
        return self
    }

    /// The standard error of the covered CPU time, in nanoseconds.
    package var coverageError: Double { coverageVariance.squareRoot() }

    /// How what the samples stand for differs from the CPU time; `nil` where that is within a tenth or chance.
    package var coverageDeviation: CoverageDeviation? {
        CoverageDeviation(
            covered: Double(times[.covered]), of: Double(times[.processor]), error: coverageError)
    }

    /// The part of the wall time, 0 to 1, in which some thread was stopped: at most the sum of all times.
    package var stoppedShare: Double {
        times[.elapsed] == 0 ? 0 : Double(stopDurations.totalNanoseconds) / Double(times[.elapsed])
    }
}

/// Sums by key; what was never noted is 0.
package struct Tally<Key: Hashable & Sendable>: Sendable, Equatable {
    /// Those that are not 0.
    package private(set) var counts: [Key: UInt64] = [:]

    package init() {}

    package subscript(key: Key) -> UInt64 { counts[key, default: 0] }

    package var total: UInt64 { counts.values.reduce(0, &+) }

    package var isEmpty: Bool { counts.isEmpty }

    mutating func note(_ key: Key, _ amount: UInt64) { if amount > 0 { counts[key, default: 0] &+= amount } }

    mutating func add(_ other: Tally) { counts.merge(other.counts, uniquingKeysWith: &+) }
}
