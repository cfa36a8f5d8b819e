import Sampling
import Testing

/// What a person reads of samples that were lost.
@Suite struct LossTextTests {
    private func text(_ losses: [(SampleLedger.Loss, Int)]) -> LossText {
        var ledger = SampleLedger()
        for (loss, count) in losses { ledger.lose(loss, count: count) }
        return LossText(ledger.losses)
    }

    @Test func `A recording that lost all samples says how many by which reason, and what to do`() throws {
        let lines = try #require(text([(.moved, 2), (.workerCrashed, 1200), (.queueFull, 2)]).ofEmptyRecording)
            .split(separator: "\n")
        #expect(lines.first == "all 1,204 samples were lost: 1,200 worker_crashed, 2 moved, 2 queue_full")
        // The worst first; about what chance explains, there is nothing to do.
        #expect(lines.dropFirst().map { $0.prefix { $0 != ":" } } == ["  worker_crashed", "  queue_full"])
    }

    @Test func `In words, and those that are many with their remedies`() {
        let losses = text([(.moved, 2), (.workerCrashed, 1200), (.queueFull, 2)])
        let words =
            "1,200 because the worker crashed at them, 2 of threads that woke up or fell asleep meanwhile, "
            + "2 because unwinding was too far behind"
        #expect(losses.words == words)
        let many = losses.warnings(fromCount: 3).map { $0.prefix { $0 != ":" } }
        #expect(many == ["1,200 samples lost (worker_crashed)"])
        #expect(losses.warnings(fromCount: 1).count == 2)
    }

    @Test func `Of one sample, it is said that it was the only one`() {
        #expect(text([(.moved, 1)]).ofEmptyRecording == "the only sample was lost: 1 moved")
    }

    @Test func `Threads that ended are no reason for an empty recording`() {
        #expect(text([]).ofEmptyRecording == nil)
        #expect(text([(.ended, 3)]).ofEmptyRecording == nil)
    }

    @Test func `The main reason is the most frequent one`() {
        #expect(text([(.refused, 1), (.workerTimeout, 30)]).mainReason == .workerTimeout)
        #expect(text([]).mainReason == nil)
    }
}
