import Foundation
import TestSupport
import Testing

/// `sonde record` killed at random moments: its targets run on as if nothing had been.
@Suite struct KillTests {
    @Test(arguments: [("cpu", "ptrace"), ("wall", "ptrace"), ("cpu", "perf"), ("wall", "perf"), ("off-cpu", "perf")])
    func `Killed again and again, no target is left stopped`(mode: String, sampler: String) throws {
        let targets = [
            try TestProgram("answers", "3"), try TestProgram("threads", "16", "2"),
            try TestProgram("thread_churn", "500"),
        ]
        let undisturbed = try TestProgram("answers", "3")
        var random = SeededGenerator(state: mode == "cpu" ? 1 : 2)
        // Events stop nobody.
        let rounds = sampler == "ptrace" ? 100 : 20
        for _ in 0..<rounds {
            let recording = try Child(
                [Locations.sonde.path, "record", "-r", "10000", "--mode", mode, "--sampler", sampler]
                    + ["-o", "/dev/null"] + targets.flatMap { ["-p", "\($0.pid)"] })
            // From before the first look at a target to the middle of the sampling.
            usleep(UInt32.random(in: 0..<150_000, using: &random))
            #expect(recording.kill() == .signalled(SIGKILL))
            for target in targets { try expectRunning(target) }
        }
        try expectSameAnswers(targets[0], undisturbed)
    }

    /// No thread has a tracer or is stopped.
    private func expectRunning(_ target: TestProgram) throws {
        let tasks = "/proc/\(target.pid)/task"
        for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
            // A thread may end meanwhile.
            guard let status = try? String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8) else { continue }
            #expect(status.contains("\nTracerPid:\t0\n"))
            #expect(!status.contains("\nState:\tt") && !status.contains("\nState:\tT"))
        }
    }

    /// Both go on, and have computed the same in every round.
    private func expectSameAnswers(_ target: TestProgram, _ undisturbed: TestProgram) throws {
        let areEnough = eventually { [target, undisturbed].allSatisfy { answers($0).count > 20 } }
        #expect(areEnough)
        let rounds = [target, undisturbed].map { answers($0) }
        let before = rounds[0].count
        let goesOn = eventually { answers(target).count > before }
        #expect(goesOn)
        for (disturbed, right) in zip(rounds[0], rounds[1]) { #expect(disturbed == right) }
    }

    private func answers(_ program: TestProgram) -> [Substring] {
        String(decoding: program.child.standardOutput, as: UTF8.self).split(separator: "\n").dropLast()
            .filter { $0.hasPrefix("round ") }
    }
}
