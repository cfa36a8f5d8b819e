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
    let ledger: SampleLedger

    /// Samples until there are enough samples, or the processes have ended; `meanwhile` runs beside the sampling.
    init(
        _ processes: [ProcessID], samples: Int, options: SamplingOptions = SamplingOptions(rate: 500),
        meanwhile: (SamplingSession) throws -> Void = { _ in }
    ) throws {
        SamplingSession.blockChildSignal()
        let objects = TracedObjects()
        let worker = try StackWorker.onThread(objects: objects, frameLimit: options.frameLimit)
        let session = try SamplingSession(
            of: processes, options: options, procfs: ProcFS(), worker: worker, objects: objects)
        let outcome: SamplingSession.Outcome
        do {
            try meanwhile(session)
            let isEnough = eventually(within: 60) { session.samples >= samples || session.hasEnded }
            outcome = session.finish()
            try #require(isEnough, "only \(session.samples) samples in a minute")
        } catch {
            _ = session.hasEnded ? nil : session.finish()
            throw error
        }
        let locations = Set(outcome.stacks.flatMap(\.frames))
        let frames = worker.frames(at: locations.filter { if case .kernel = $0 { false } else { true } })
        stacks = outcome.stacks.map { stack in
            Stack(
                names: stack.frames.reversed().flatMap { (frames[$0] ?? []).reversed().map(\.name) },
                thread: stack.thread, ending: stack.ending, count: Int(stack.count))
        }
        ledger = outcome.ledger
        // So that what a test expects of each stack is expected of some.
        try #require(!stacks.isEmpty, "no stack was recorded")
    }

    init(
        _ program: TestProgram, samples: Int, options: SamplingOptions = SamplingOptions(rate: 500),
        meanwhile: (SamplingSession) throws -> Void = { _ in }
    ) throws {
        try self.init([program.id], samples: samples, options: options, meanwhile: meanwhile)
    }

    var samples: Int { count { _ in true } }
    var truncatedSamples: Int { count { !$0.isComplete } }
    var lost: Int { Int(ledger.losses.total) }
    var ticks: Int { Int(ledger.events[.tick]) }

    func count(where isMeant: (Stack) -> Bool) -> Int { stacks.reduce(0) { $0 + (isMeant($1) ? $1.count : 0) } }

    /// The outermost functions of the complete stacks.
    var roots: Set<String> { Set(stacks.filter(\.isComplete).map { $0.names.first ?? "" }) }
}
