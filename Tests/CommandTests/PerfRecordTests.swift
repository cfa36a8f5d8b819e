import Foundation
import TestSupport
import Testing

/// `sonde record --sampler perf` on programs with known answers.
@Suite(.enabled(if: Privileges.isRoot)) struct PerfRecordTests {
    private func recordByEvents(_ program: TestProgram, _ arguments: String...) throws -> MeasuredRecording {
        try MeasuredRecording(["--sampler", "perf", "-p", "\(program.pid)"] + arguments)
    }

    @Test func `Both samplers see the same profile`() throws {
        let program = try TestProgram("calibrated")
        let counts = try ["ptrace", "perf"].map { sampler in
            let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "2", "-r", "500", "--sampler", sampler)
            #expect(recording.figures.sampler == sampler && recording.folded.truncatedSamples == 0)
            let (hot, cold) = (
                recording.weight { $0.frames.contains("hot") }, recording.weight { $0.frames.contains("cold") }
            )
            let spread = recording.spread(rate: 500)
            #expect(isBinomial(hot, of: hot + cold, probability: 0.75, spread: spread))
            let all = Double(hot + cold)
            return (hot: Double(hot), all: all, variance: spread * spread / (all * all))
        }
        // Two proportions differ by their common standard error.
        let pooled = (counts[0].hot + counts[1].hot) / (counts[0].all + counts[1].all)
        let error = (pooled * (1 - pooled) * (counts[0].variance + counts[1].variance)).squareRoot()
        #expect(abs(counts[0].hot / counts[0].all - counts[1].hot / counts[1].all) < 4.5 * error)
    }

    @Test func `Time in a system call is shown where it is spent`() throws {
        let program = try TestProgram("system_calls")
        let recording = try recordByEvents(program, "-d", "1", "-r", "500")
        let inKernel = recording.weight {
            $0.passes(["_start", "main", "stay_in_kernel", "read"]) && !$0.kernelFrames.isEmpty
        }
        #expect(inKernel * 10 > recording.folded.samples * 9)
        #expect(recording.stacks.allSatisfy { $0.hasKernelOnTop })
        #expect(recording.weight { $0.kernelFrames.contains { $0.contains("random") } } * 2 > recording.folded.samples)
    }

    @Test func `Executing another program leaves both stacks right`() throws {
        let program = try TestProgram("exec_loop", "30")
        let recording = try recordByEvents(program, "-d", "2", "-r", "500")
        // The few milliseconds of each execution have no mappings yet, or the former ones: a tenth of the time at most.
        #expect(recording.truncatedShare < 0.1)
        let spinning = recording.stacks.filter { $0.frames.contains("spin_before_exec") && !$0.isTruncated }
        #expect(spinning.allSatisfy { $0.passes(["_start", "__libc_start_main", "main", "spin_before_exec"]) })
        #expect(recording.weight { $0.frames.contains("spin_before_exec") } * 2 > recording.folded.samples)
        #expect(recording.roots.subtracting(["_start", "_dl_start", "_dl_start_user"]) == [])
    }

    @Test func `Plugins that come and go are never mistaken for one another`() throws {
        let program = try TestProgram("dlopen")
        let recording = try recordByEvents(program, "-d", "1.5", "-r", "500")
        #expect(recording.truncatedShare < 0.05)
        let right = [["plugin_work", "plugin_a_inner"], ["plugin_work", "plugin_b_middle", "plugin_b_inner"]]
        for stack in recording.stacks where !stack.isTruncated {
            let inPlugin = stack.frames.filter { $0.hasPrefix("plugin_") }
            #expect(inPlugin.isEmpty || right.contains { $0.starts(with: inPlugin) }, "\(stack.frames)")
        }
        for leaf in ["plugin_a_inner", "plugin_b_inner"] { #expect(recording.weight { $0.frames.contains(leaf) } > 0) }
    }

    @Test func `A thousand new threads a second have all of their time`() throws {
        let program = try TestProgram("thread_churn", "1000")
        let rate = 500.0
        let recording = try recordByEvents(program, "-s", "-d", "2", "-r", "\(Int(rate))")
        let due = Double(recording.figures.cpuNanoseconds) / 1e9 * rate
        let taken = Double(recording.figures.coveredCpuNanoseconds) / 1e9 * rate
        #expect(due > 20 && abs(taken - due) < 5 * due.squareRoot(), "\(taken) of \(due)")
        #expect(recording.roots.subtracting(["_start", "clone3"]) == [])
    }

    @Test func `Without descendants, new threads make it look at all of the host`() throws {
        let program = try TestProgram("thread_churn", "1000")
        let recording = try recordByEvents(program, "-d", "3", "-r", "500")
        // At least the second half: it takes a second to notice.
        #expect(recording.figures.coveredCpuNanoseconds * 3 > recording.figures.cpuNanoseconds)
        #expect(recording.roots.subtracting(["_start", "clone3"]) == [])
    }

    @Test func `Commands that a shell starts and that end at once have their names`() throws {
        let script = "i=0; while [ $i -lt 150 ]; do /bin/ls / >/dev/null; i=$((i+1)); done"
        let recording = try MeasuredRecording("--sampler", "perf", "-s", "-r", "1000", "--", "/bin/sh", "-c", script)
        let names = Set(recording.stacks.map { $0.frames[0].split(separator: "-")[0] })
        #expect(names.isSubset(of: ["sh", "ls", "sonde"]), "\(names)")
        let processes = Set(recording.stacks.map { $0.frames[0] }.filter { $0.hasPrefix("ls-") })
        #expect(processes.count > 30)
        #expect(recording.figures.lostSamples * 10 < recording.folded.samples, "\(recording.figures.lost)")
        // What ends before its mappings are read is truncated, and says so; of what is complete, nothing is wrong.
        #expect(recording.roots.subtracting(["_start", "_dl_start_user", "_dl_start"]) == [])
    }

    @Test func `Children that are forked later are sampled under their own numbers`() throws {
        let program = try TestProgram("fork_children", "2", "4", "100")
        let recording = try recordByEvents(program, "-s", "-d", "1.5", "-r", "500")
        let children = Set(
            recording.stacks.filter { $0.passes(["main", "start_child", "child_work"]) }.map { $0.frames[0] })
        #expect(children.count == 6)
        #expect(recording.truncatedShare < 0.05)
    }

    @Test func `Far more threads than CPUs don't keep it from reading in time`() throws {
        let program = try TestProgram("fork_children", "10", "20", "20")
        let recording = try recordByEvents(program, "-s", "-d", "1.5", "-r", "250")
        #expect(recording.figures.lostSamples * 20 < recording.folded.samples, "\(recording.figures.lost)")
        let known = recording.weight { $0.passes(["main", "start_child", "child_work"]) }
        #expect(known * 10 > recording.folded.samples * 8)
    }

    @Test func `In wall mode running and sleeping threads have the same share of the time`() throws {
        let program = try TestProgram("threads", "9", "1")
        let recording = try recordByEvents(program, "-d", "1.5", "-r", "200", "--mode", "wall", "-t")
        let byThread = Dictionary(grouping: recording.stacks) { $0.frames[0] }.mapValues {
            $0.reduce(0) { $0 + $1.count }
        }
        #expect(byThread.count == 9)
        let sleeping = byThread.filter { !$0.key.hasPrefix("spin-") }.values
        #expect(recording.figures.samplesSleeping == sleeping.reduce(0, +))
        // All sleepers are looked at by the same ticks.
        #expect((sleeping.max() ?? 0) - (sleeping.min() ?? 0) <= 2)
        // The spinner's samples are those of its CPU time.
        let due = Double(recording.figures.cpuNanoseconds) / 1e9 * 200
        let spinning = Double(byThread.first { $0.key.hasPrefix("spin-") }?.value ?? 0)
        #expect(abs(spinning - due) < 5 * due.squareRoot() + 2)
    }

    @Test func `In wall mode children of a target are kept whole as well`() throws {
        let program = try TestProgram("fork_children", "2", "2", "200")
        let recording = try recordByEvents(program, "-s", "-d", "1.5", "-r", "200", "--mode", "wall")
        let working = Dictionary(grouping: recording.stacks.filter { $0.frames.contains("child_work") }) {
            $0.frames[0]
        }
        #expect(working.count == 4)
        #expect(recording.figures.lostSamples * 20 <= recording.folded.samples)
        #expect(recording.folded.samples == recording.figures.samplesCopied + recording.figures.samplesSleeping)
    }

    @Test(arguments: ["wall", "off-cpu"]) func `No call is interrupted`(mode: String) throws {
        let program = try TestProgram("eintr", "epoll_wait", "1")
        _ = try recordByEvents(program, "-d", "0.5", "-r", "1000", "--mode", mode)
        program.send(signal: SIGUSR1)
        let line = try program.line()
        #expect(line.hasPrefix("eintr 0 returns "), "\(line)")
    }

    @Test func `What was seen of a target that ends is kept`() throws {
        let recording = try WatchedRecording.ofEndingProgram(.events)
        #expect(recording.samples { $0.passes(["_start", "main", "spin_until_exit"]) } > 0)
        #expect(Double(recording.truncatedSamples) < Double(recording.samples) * 0.05)
    }

    @Test(arguments: ["cpu", "off-cpu"]) func `A command is sampled from its first instruction to its end`(mode: String)
        throws
    {
        let exits = Locations.testPrograms.appending(path: "exits").path
        let command = mode == "cpu" ? [exits, "300"] : ["/usr/bin/sleep", "0.3"]
        let recording = try MeasuredRecording(["--sampler", "perf", "-r", "500", "--mode", mode, "--"] + command)
        if mode == "cpu" { #expect(recording.weight { $0.frames.contains("spin_until_exit") } > 0) }
        #expect(recording.figures.lostSamples == 0)
        let name = mode == "cpu" ? "exits" : "sleep"
        #expect(recording.stacks.allSatisfy { $0.frames[0].hasPrefix(name) || $0.frames[0] == "sonde" })
    }

    @Test(arguments: ["cpu", "off-cpu"]) func `Ctrl-C keeps what there is`(mode: String) throws {
        let program = try TestProgram(mode == "cpu" ? "calibrated" : "sleeps")
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/x.folded"
        let recording = try Child(
            [Locations.sonde.path, "record", "--sampler", "perf", "--mode", mode, "-o", path, "-p", "\(program.pid)"])
        try waitForEvents(recording)
        // Some samples' worth of what the target does.
        let progress = mode == "cpu" ? processorTicks : shortSleeps
        let start = try progress(program)
        let hasGoneOn = try eventually { try progress(program) > start + 40 }
        try #require(hasGoneOn)
        recording.send(signal: SIGINT)
        #expect(try recording.exitStatus() == .exited(0))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(mode == "cpu" ? ";hot" : ";sleep_"))
    }

    /// Waits until it has opened events.
    private func waitForEvents(_ recording: Child) throws {
        let isSampling = eventually {
            let directory = "/proc/\(recording.pid)/fd"
            let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return descriptors.count {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)"))
                    == "anon_inode:[perf_event]"
            } > sysconf(Int32(_SC_NPROCESSORS_ONLN))
        }
        try #require(isSampling)
    }

    /// How often the thread that sleeps 10 and 30 ms in turn has done so.
    private func shortSleeps(_ program: TestProgram) throws -> Int {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
        let thread = tasks.map { "/proc/\(program.pid)/task/\($0)" }.first { task in
            (try? String(contentsOfFile: "\(task)/comm", encoding: .utf8)) == "in-turn\n"
        }
        return thread.flatMap { voluntarySwitches(statusFile: "\($0)/status") } ?? 0
    }

    /// Hundredths of a second of CPU time.
    private func processorTicks(_ program: TestProgram) throws -> Int {
        try Int(processorNanoseconds(schedstatFile: "/proc/\(program.pid)/schedstat") / 1e7)
    }
}
