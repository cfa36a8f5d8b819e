import Foundation
import ProcFS
import ProfileModel
import TargetProcess
import TestSupport
import Testing

@testable import Sampling

/// Numbers of processes that have ended, and belong to others now.
@Suite struct NumberReuseTests {
    private static let lastNumber = "/proc/sys/kernel/ns_last_pid"

    /// Starts a program that gets the number of one that has ended; others may snatch it away.
    private func start(_ name: String, as number: Int32) throws -> TestProgram? {
        for _ in 0..<100 {
            try Data("\(number - 1)".utf8).write(to: URL(filePath: Self.lastNumber), options: [])
            let program = try TestProgram(name)
            if program.pid == number { return program }
        }
        return nil
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `A thread that has the number of one that was chosen is not taken for it`() throws {
        SamplingSession.blockChildSignal()
        let procfs = ProcFS()
        let first = try TestProgram("calibrated")
        let candidate = try SampleCandidate(firstThreadOf: first)
        let reader = RunningStackReader(source: LiveThreads(), copier: StackCopier())
        func poll() -> Int {
            reader.sample(candidate)
            reader.collect(within: 5_000_000_000)
            return reader.takeEvents().count
        }
        #expect(poll() == 1)
        first.kill()
        let second = try #require(try start("recursion", as: first.pid))
        #expect(poll() == 0)
        #expect(reader.takeLedger().losses.counts == [.ended: 1])
        let status = try procfs.process(second.id).status()
        #expect(status.tracer == nil && status.state != .tracingStop)
    }
}
