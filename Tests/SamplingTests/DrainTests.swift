import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess
import TestSupport
import Testing
import WorkerControl
import WorkerSupport

@testable import Sampling

/// Sessions without an end, whose stacks are handed out from time to time.
@Suite struct DrainTests {
    /// A session, and what it has handed out.
    private final class Drained {
        let session: SamplingSession
        let worker: StackWorker
        let objects = TracedObjects()
        private(set) var stacks: [CollectedStack] = []
        private(set) var ledger = SampleLedger()
        private(set) var drains = 0
        /// The functions of the last drain's stacks.
        private(set) var names: Set<String> = []

        init(_ program: TestProgram, _ options: SamplingOptions) throws {
            SamplingSession.blockChildSignal()
            worker = try StackWorker.onThread(objects: objects)
            session = try SamplingSession(
                of: [program.id], options: options, procfs: ProcFS(), worker: worker, objects: objects)
        }

        deinit { _ = session.finish() }

        /// Drains once so many more samples are there.
        func drain(after samples: Int) throws {
            let before = session.samples
            let isEnough = eventually(within: 60) { session.samples >= before + samples }
            try #require(isEnough, "only \(session.samples - before) more samples")
            take(session.drain())
        }

        func finish() { take(session.finish()) }

        private func take(_ outcome: SamplingSession.Outcome) {
            let locations = outcome.stacks.flatMap(\.frames).filter { if case .object = $0 { true } else { false } }
            names = Set(worker.frames(at: Array(Set(locations))).values.flatMap { $0 }.map(\.name))
            stacks += outcome.stacks
            ledger.add(outcome.ledger)
            drains += 1
        }

        /// Samples that were taken and are in no stack.
        var lostAfterwards: UInt64 {
            let losses: [SampleLedger.Loss] = [.queueFull, .tooManyStacks, .lostBefore, .workerCrashed, .workerTimeout]
            return losses.reduce(0) { $0 + ledger.losses[$1] }
        }

        var counted: UInt64 { stacks.reduce(0) { $0 + $1.count } }
    }

    @Test(arguments: [SamplerKind.ptrace, .perf], [SamplingMode.cpu, .wall])
    func `All parts together are the whole`(sampler: SamplerKind, mode: SamplingMode) throws {
        let program = try TestProgram("threads", "64", "2")
        let drained = try Drained(program, SamplingOptions(mode: mode, rate: 200, sampler: sampler))
        for _ in 0..<5 { try drained.drain(after: 100) }
        drained.finish()
        #expect(drained.ledger.taken.total == drained.counted + drained.lostAfterwards)
        #expect(drained.ledger.taken.total == UInt64(drained.session.samples))
        #expect(drained.ledger.losses[.lostBefore] == 0)
        #expect(drained.ledger.events[.thread] == (mode == .wall || sampler == .ptrace ? 64 : 2))
        if mode == .wall {
            let threads = Dictionary(grouping: drained.stacks, by: \.thread.thread)
            #expect(threads.count == 64)
        }
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `Off-CPU times of all parts are the time that threads were away`() throws {
        let program = try TestProgram("sleeps")
        let drained = try Drained(program, SamplingOptions(mode: .offCPU, rate: 50))
        for _ in 0..<4 { try drained.drain(after: 20) }
        drained.finish()
        let weight = Double(drained.stacks.reduce(0) { $0 &+ $1.weight })
        let away = Double(drained.ledger.times[.blocked] &+ drained.ledger.times[.preempted])
        let rounding = Double(drained.stacks.count)
        #expect(abs(weight + Double(drained.ledger.times[.unseen]) - away) <= rounding, "\(weight) of \(away)")
    }

    @Test(arguments: [SamplerKind.ptrace, .perf])
    func `What is kept of processes that live shortly doesn't grow`(sampler: SamplerKind) throws {
        let program = try TestProgram("fork_storm", "300")
        let options = SamplingOptions(rate: 500, followsChildren: true, sampler: sampler)
        let drained = try Drained(program, options)
        var kept: [[KeptThing: Int]] = []
        var withChildren = 0
        for _ in 0..<12 {
            try drained.drain(after: 120)
            withChildren += drained.names.contains("child_work") ? 1 : 0
            kept.append(drained.session.keptCounts)
        }
        for thing in KeptThing.allCases {
            let counts = kept.map { $0[thing] ?? 0 }
            let (early, late) = (counts[3..<7].max() ?? 0, counts[8...].max() ?? 0)
            // Records of a process's end come up to half a second later.
            #expect(late <= early * 2 + 100, "\(thing): \(counts)")
        }
        // Of most children, nothing is read before they end.
        #expect(withChildren >= 8)
        #expect(Set(drained.stacks.map(\.thread.process)).count > 20)
        drained.finish()
        #expect(drained.ledger.taken.total == drained.counted + drained.lostAfterwards)
    }

    @Test func `An object file that no process maps any more is closed`() throws {
        let program = try TestProgram("calibrated")
        let drained = try Drained(program, SamplingOptions(rate: 500))
        try drained.drain(after: 100)
        let image = try #require(drained.objects.add(path: "[vdso]", image: [1, 2, 3]))
        try drained.drain(after: 100)
        #expect(drained.objects.entry(image) == nil)
        #expect(drained.names.contains("hot"))
        let again = try #require(drained.objects.add(path: "[vdso]", image: [1, 2, 3]))
        #expect(again != image)
    }
}
