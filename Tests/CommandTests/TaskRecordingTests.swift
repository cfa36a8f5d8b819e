import Foundation
import TestSupport
import Testing

/// `sonde record --mode wall --tasks`.
@Suite(.enabled(if: python != nil, "no CPython of 3.9 or later is installed")) struct TaskRecordingTests {
    /// Two workers that wait for ever, gathered by a task that another one waits for.
    private static let waiting = """
        import asyncio
        async def receive():
            await asyncio.get_running_loop().create_future()
        async def worker():
            await receive()
        async def pool():
            await asyncio.gather(asyncio.create_task(worker(), name="left"), asyncio.create_task(worker(), name="right"))
        async def main():
            tasks = asyncio.create_task(pool(), name="pool")
            asyncio.get_running_loop().call_later(0.01, lambda: print("ready", flush=True))
            await tasks
        asyncio.run(main())
        """

    private static let busy = """
        import asyncio
        async def main():
            print("ready", flush=True)
            while True:
                pass
        asyncio.run(main())
        """

    private func start(_ source: String) throws -> TestProgram {
        try TestProgram(at: try #require(python).path, arguments: ["-c", source])
    }

    private func record(_ program: TestProgram, _ arguments: String...) throws -> CommandResult {
        try sonde(["record", "--mode", "wall", "--tasks", "-p", "\(program.pid)", "-d", "0.5"] + arguments)
    }

    @Test func `Tasks stand below those that wait for them, with the functions that await each other`() throws {
        let program = try start(Self.waiting)
        let result = try record(program, "-f", "folded", "-o", "-")
        let stacks = result.output.split(separator: "\n").map { line in
            line.split(separator: ";").dropFirst().map { $0.replacing(" (<string>)", with: "") }.joined(separator: ";")
        }
        let counts = stacks.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        let chain = "[task];main;[task pool];pool;"
        #expect(
            stacks.map { $0.split(separator: " ").dropLast().joined(separator: " ") } == [
                chain + "[task left];worker;receive;[waits for Future]",
                chain + "[task right];worker;receive;[waits for Future]",
            ])
        // At each tick both of them wait.
        #expect(counts.count == 2 && counts.first == counts.last)
        #expect(result.errors.contains("of at most 4 tasks at a time; all chains known; no sample lost\n"))
    }

    @Test func `A task that a thread executes is shown as running, behind the function that it began with`() throws {
        let result = try record(try start(Self.busy), "-f", "folded", "-o", "-")
        #expect(result.output.contains(/;\[task\];main \(<string>\);\[running\] \d+\n/))
    }

    @Test func `The profile is read back as it was written`() throws {
        let program = try start(Self.waiting)
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/tasks"
        for ending in ["folded", "pb.gz", "json", "speedscope.json", "perf"] {
            _ = try record(program, "-o", "\(path).\(ending)")
            let report = try sonde("report", "\(path).\(ending)", "-f", "folded", "-o", "-")
            #expect(report.output.contains("[task pool];pool (<string>);[task left];worker"), "\(ending)")
        }
    }

    @Test func `The document is what the schema says`() throws {
        let directory = try TemporaryDirectory()
        let result = try record(
            try start(Self.waiting), "--json", "-f", "folded", "-o", "\(directory.path)/tasks.folded")
        #expect(try JSONSchema.faults(in: result.standardOutput, document: "tasks") == "")
        #expect(result.output.contains("\"most_tasks\" : 4"))
    }

    @Test func `A command's tasks are recorded until it ends`() throws {
        let source = "import asyncio\nasync def main():\n    await asyncio.sleep(1)\nasyncio.run(main())"
        let result = try sonde([
            "record", "--mode", "wall", "--tasks", "-f", "folded", "-o", "-", "--", try #require(python).path, "-c",
            source,
        ])
        #expect(result.status == .exited(0))
        #expect(result.output.contains(";main (<string>);sleep ("))
    }

    @Test func `A process without tasks gives an error that says what to do`() throws {
        let program = try TestProgram("threads", "3", "1")
        let result = try sonde("record", "--mode", "wall", "--tasks", "-p", "\(program.pid)", "-d", "0.3", "-o", "-")
        #expect(result.status == .exited(1))
        #expect(
            result.errors.contains(
                "no task of asyncio or trio and no greenlet was there during the recording; sonde doctor -p"))
    }

    @Test(arguments: [
        ["--tasks"], ["--tasks", "--mode", "wall", "--gil"], ["--tasks", "--mode", "wall", "--sampler", "perf"],
        ["--tasks", "--mode", "wall", "--no-idle"], ["--tasks", "--mode", "wall", "-s"],
    ])
    func `What is about threads is refused`(_ arguments: [String]) throws {
        let result = try sonde(["record", "-p", "1"] + arguments)
        #expect(result.status == .exited(64))
        #expect(result.errors.contains("--tasks"))
    }
}

private let python = PythonInstallation.all.first { $0.minor >= 9 }
