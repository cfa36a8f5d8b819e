import CLinux
import ProcFS
import ProfileModel
import Synchronization
import SystemSupport
import TestSupport
import Testing

@testable import Sampling

/// On which CPU the sampler waits, and whom it finds there.
@Suite struct SamplerPlaceTests {
    /// Calls it on a thread of its own, whose CPU it may change.
    private func onOwnThread(_ body: @escaping @Sendable () throws -> Void) throws {
        let outcome = Mutex<Result<Void, any Error>>(.success(()))
        let thread = try OwnedThread(name: "sampler-place") {
            let result = Result { try body() }
            outcome.withLock { $0 = result }
        }
        thread.join()
        try outcome.withLock { $0 }.get()
    }

    private static var allowed: Set<UInt32> {
        var processors = clinux_processors()
        guard unsafe clinux_get_processors(&processors) == 0 else { return [] }
        return Set((0..<1024).filter { clinux_has_processor(processors, $0) != 0 })
    }

    @Test func `Goes to the CPU of a thread with short runs, and may leave it again`() throws {
        try onOwnThread {
            let before = Self.allowed
            let last = try #require(before.max())
            var place = SamplerPlace()
            place.note(last, ran: 5_000_000, in: 100)
            place.move()
            #expect(Self.allowed == [last] && SamplerPriority.currentProcessor == last)
            place.leave()
            #expect(Self.allowed == before)
        }
    }

    @Test(arguments: [
        // Runs of five milliseconds, two more of its own by its stop, and too small a share beside a long run.
        [(10_000_000, 4)], [(1_500_000, 2)], [(100_000, 10), (9_900_000, 1)],
    ])
    func `Stays where it is for threads that run on`(runs: [(Int, Int)]) throws {
        try onOwnThread {
            let before = Self.allowed
            let last = try #require(before.max())
            var place = SamplerPlace()
            for (ran, timeslices) in runs { place.note(last, ran: UInt64(ran), in: UInt64(timeslices)) }
            place.move()
            #expect(Self.allowed == before)
        }
    }

    @Test func `Comes back when the short runs are over`() throws {
        try onOwnThread {
            let before = Self.allowed
            let last = try #require(before.max())
            var place = SamplerPlace()
            for tick in 0..<400 {
                place.note(last, ran: 5_000_000, in: tick < 10 ? 100 : 1)
                place.move()
            }
            #expect(Self.allowed == before)
        }
    }

    @Test(.enabled(if: allowed.count > 1)) func `Never goes where the thread must not run`() throws {
        try onOwnThread {
            let (first, last) = (try #require(Self.allowed.min()), try #require(Self.allowed.max()))
            var only = clinux_only_processor(first)
            #expect(unsafe clinux_set_processors(&only) == 0)
            var place = SamplerPlace()
            place.note(last, ran: 5_000_000, in: 100)
            place.move()
            #expect(Self.allowed == [first])
        }
    }

    @Test(.enabled(if: Privileges.isRoot)) func `Finds whose CPU it took, and nobody else`() throws {
        let program = try TestProgram("calibrated")
        try onOwnThread {
            let procfs = ProcFS()
            guard let processor = Self.allowed.max(), let directory = try? procfs.process(program.id),
                let tracker = try? ThreadTracker(of: directory, countsTimeslices: procfs.kernelCountsTimeslices),
                (try? tracker.refresh()) != nil, let entry = tracker.ordered.first
            else {
                Issue.record("nothing to look at")
                return
            }
            _ = try? run(["/usr/bin/taskset", "-p", "-c", "\(processor)", "\(program.pid)"])
            var only = clinux_only_processor(processor)
            #expect(unsafe clinux_set_processors(&only) == 0)
            SamplerPriority.raise()
            defer { SamplerPriority.lower() }
            let takeover = CPUTakeover(procfs: procfs)
            var taken = 0
            for _ in 0..<100 {
                _ = StopSignal.wait(nanoseconds: 2_000_000)
                takeover.begin()
                _ = tracker.activity(of: entry)
                if takeover.wasFrom(entry) == true { taken += 1 }
            }
            // Others share that CPU; and the scheduler's tick may come in between.
            #expect(taken > 20)
        }
    }
}
