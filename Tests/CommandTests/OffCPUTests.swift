import Foundation
import TestSupport
import Testing

/// `sonde record --mode off-cpu`: microseconds away from a CPU, by the stacks that left it.
@Suite(.enabled(if: Privileges.isRoot)) struct OffCPUTests {
    private func threads(_ program: TestProgram) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
    }

    /// How long a thread was away from a CPU, in microseconds.
    private func time(of thread: String, in recording: MeasuredRecording) -> Double {
        Double(recording.weight { $0.frames[0].hasSuffix("/\(thread)") })
    }

    /// Times at the edges of a recording, before the events and before the stacks of sleepers are read, in microseconds.
    private func edges(_ recording: MeasuredRecording) -> Double { recording.figures.elapsedMicroseconds * 0.1 }

    @Test func `Sleeps of known lengths add up to the time of the recording`() throws {
        let program = try TestProgram("sleeps")
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "4", "--mode", "off-cpu", "-t")
        #expect(recording.figures.sampler == "perf" && recording.figures.samplerReason == "mode")
        #expect(recording.figures.lostSamples == 0 && recording.folded.truncatedSamples == 0)
        for thread in try threads(program) {
            #expect(abs(time(of: thread, in: recording) - recording.figures.elapsedMicroseconds) < edges(recording))
        }
        let sum = recording.figures.blockedNanoseconds + recording.figures.preemptedNanoseconds
        #expect(abs(Double(recording.folded.samples) - Double(sum) / 1000) < Double(recording.stacks.count + 1))
        // 10 and 30 ms in turn, each a little longer: by what, depends on the machine and is the same for both.
        let short = Double(recording.weight { $0.passes(["sleep_in_turn", "sleep_shortly"]) })
        let long = Double(recording.weight { $0.passes(["sleep_in_turn", "sleep_long"]) })
        #expect(long > 1.5 * short && long < 3.5 * short)
        for call in [["wait_in_futex"], ["read_from_pipe", "read"], ["write_to_pipe", "clock_nanosleep"]] {
            let weight = recording.weight { $0.passes(["clone3", "run"] + call) }
            #expect(Double(weight) > recording.figures.elapsedMicroseconds / 2)
        }
        #expect(recording.stacks.allSatisfy { $0.hasKernelOnTop })
        #expect(recording.stacks.contains { $0.frames.last == "schedule_[k]" || $0.frames.last == "__schedule_[k]" })
    }

    @Test func `Threads that slept already at the start are there for all of the time`() throws {
        let program = try TestProgram("sleeps")
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "3", "--mode", "off-cpu")
        let idle = recording.weight { $0.passes(["run", "sleep_for_ever", "pause"]) }
        #expect(abs(Double(idle) - recording.figures.elapsedMicroseconds) < edges(recording))
    }

    @Test func `Threads that share a CPU are preempted, and that is told`() throws {
        let program = try TestProgram("threads", "4", "3")
        try runSuccessfully(["/usr/bin/taskset", "-a", "-p", "-c", "0", "\(program.pid)"])
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "1", "--mode", "off-cpu")
        let spinning = recording.weight { $0.frames.contains("spin") }
        // Of three on one CPU, two wait at any time; where others use the CPU as well, all three may.
        let elapsed = recording.figures.elapsedMicroseconds
        #expect(Double(spinning) > 1.5 * elapsed && Double(spinning) < 3.1 * elapsed)
        #expect(Double(recording.figures.preemptedNanoseconds) / 1000 > 0.95 * Double(spinning))
    }

    @Test func `Tens of thousands of switches a second are sampled at a bounded rate, and none is lost`() throws {
        let program = try TestProgram("ping_pong", "20000")
        let names = try threads(program)
        let watch = try ProcessorTimeWatch(of: program.pid, threads: names)
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "4", "--mode", "off-cpu", "-t", "-r", "50")
        watch.end()
        #expect(recording.figures.lostSamples == 0)
        // 500 a second, twice as many while the pace is found.
        #expect(recording.figures.samples < 5000)
        let elapsed = recording.figures.elapsedMicroseconds
        for thread in names {
            let away = time(of: thread, in: recording)
            let used = try #require(watch.used(by: thread, within: elapsed))
            let due = (elapsed - used.upperBound)...(elapsed - used.lowerBound)
            #expect(
                away > due.lowerBound - edges(recording) && away < due.upperBound + edges(recording),
                "thread \(thread): \(away), not \(due)")
        }
    }

    @Test func `Two waits in turn are both seen, however few of the switches are sampled`() throws {
        let program = try TestProgram("alternates")
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "5", "--mode", "off-cpu", "-r", "50")
        let short = recording.weight { $0.frames.contains("wait_shortly") }
        let long = recording.weight { $0.frames.contains("wait_long") }
        #expect(short * 20 > long && long > short)
    }

    @Test func `Off-CPU time by stops is refused`() throws {
        let result = try sonde("record", "-p", "1", "--mode", "off-cpu", "--sampler", "ptrace")
        #expect(result.status == .exited(64) || result.status == .exited(2))
        #expect(result.errors.contains("--sampler perf"))
    }
}
