import Foundation
import ProcFS
import ProfileModel
import Sampling
import TargetProcess
import TestSupport
import Testing
import WorkerControl
import WorkerSupport

/// What a session in this process saw of others.
struct SampledProcess {
    struct Stack {
        /// The functions, root first.
        let names: [String]
        let thread: ThreadIdentity
        let ending: StackEnding
        let count: Int

        var isComplete: Bool { ending == .rootReached }

        /// Whether these are functions of it, in this order, with any number of others between them.
        func passes(_ functions: [String]) -> Bool {
            var rest = names[...]
            for function in functions {
                guard let index = rest.firstIndex(of: function) else { return false }
                rest = rest[(index + 1)...]
            }
            return true
        }
    }

    let stacks: [Stack]
    /// Those that were left out.
    let firstStacks: [Stack]
    let ledger: SampleLedger
    private let rate: Int

    /// Samples until there are enough samples, or the processes have ended; `meanwhile` runs beside the sampling.
    ///
    /// - Parameter rounds: how often the samples so far are unwound and left out before others are counted: the first
    ///   ones only show what to copy of a stack, and the next ones what to copy of the stack that it goes on on.
    init(
        _ processes: [ProcessID], samples: Int, options: SamplingOptions = SamplingOptions(rate: 500),
        leavingOut rounds: Int = 0, meanwhile: (SamplingSession) throws -> Void = { _ in }
    ) throws {
        SamplingSession.blockChildSignal()
        let objects = TracedObjects()
        let worker = try StackWorker.onThread(objects: objects, frameLimit: options.frameLimit)
        let session = try SamplingSession(
            of: processes, options: options, procfs: ProcFS(), worker: worker, objects: objects)
        let outcome: SamplingSession.Outcome
        var first: [CollectedStack] = []
        var ledger = SampleLedger()
        do {
            try meanwhile(session)
            for _ in 0..<rounds {
                try Self.wait(for: 20, of: session)
                let drained = session.drain()
                first += drained.stacks
                ledger.add(drained.ledger)
            }
            // What was sampled meanwhile counts.
            try Self.wait(for: rounds == 0 ? samples - session.samples : samples, of: session)
            outcome = session.finish()
        } catch {
            _ = session.hasEnded ? nil : session.finish()
            throw error
        }
        ledger.add(outcome.ledger)
        (self.ledger, rate) = (ledger, options.rate)
        let locations = Set((first + outcome.stacks).flatMap(\.frames))
        let frames = worker.frames(at: locations.filter { if case .kernel = $0 { false } else { true } })
        func named(_ stack: CollectedStack) -> Stack {
            Stack(
                names: stack.frames.reversed().flatMap { (frames[$0] ?? []).reversed().map(\.name) },
                thread: stack.thread, ending: stack.ending, count: Int(stack.count))
        }
        firstStacks = first.map(named)
        stacks = outcome.stacks.map(named)
        // So that what a test expects of each stack is expected of some.
        try #require(!stacks.isEmpty, "no stack was recorded")
    }

    init(
        _ program: TestProgram, samples: Int, options: SamplingOptions = SamplingOptions(rate: 500),
        leavingOut rounds: Int = 0, meanwhile: (SamplingSession) throws -> Void = { _ in }
    ) throws {
        try self.init(
            [program.id], samples: samples, options: options, leavingOut: rounds, meanwhile: meanwhile)
    }

    /// Waits for so many more samples, or the processes' end.
    private static func wait(for count: Int, of session: SamplingSession) throws {
        let before = session.samples
        // `count` may be greater than what can be added.
        let isEnough = eventually(within: 60) { session.samples - before >= count || session.hasEnded }
        try #require(isEnough, "only \(session.samples - before) more samples in a minute")
    }

    var samples: Int { count { _ in true } }
    var truncatedSamples: Int { count { !$0.isComplete } }
    /// Of its CPU samples.
    var spread: Double {
        TestSupport.spread(ofSamples: samples, coverageError: ledger.coverageError, rate: Double(rate))
    }
    var lost: Int { Int(ledger.losses.total) }
    var ticks: Int { Int(ledger.events[.tick]) }

    func count(where isMeant: (Stack) -> Bool) -> Int { stacks.reduce(0) { $0 + (isMeant($1) ? $1.count : 0) } }

    /// The outermost functions of the complete stacks.
    var roots: Set<String> { Set(stacks.filter(\.isComplete).map { $0.names.first ?? "" }) }
}
