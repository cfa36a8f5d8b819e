import Foundation
import TestSupport
import Testing

/// `sonde dump --tasks`.
@Suite(.enabled(if: python != nil, "no CPython of 3.9 or later is installed")) struct TaskTests {
    private static let source = """
        import asyncio, sys
        def say_ready():
            print("ready", flush=True)
        async def inner(event):
            await event.wait()
        async def worker(event):
            await inner(event)
        async def main():
            event = asyncio.Event()
            workers = [asyncio.create_task(worker(event), name=f"worker-{i}") for i in range(12)]
            await asyncio.sleep(0.01)
            asyncio.get_running_loop().call_soon(say_ready)
            if len(sys.argv) > 1:
                while True:
                    pass
            await workers[3]
        if len(sys.argv) > 1:
            say_ready()
        asyncio.run(main())
        """

    private func start(_ arguments: String...) throws -> TestProgram {
        try TestProgram(at: try #require(python).path, arguments: ["-c", Self.source] + arguments)
    }

    @Test func `Tasks with the same chain are shown together, and what waits for another task with its name`() throws {
        let program = try start()
        let text = try sonde("dump", "--tasks", "-p", "\(program.pid)").output
        #expect(text.contains("Event loop of thread \"MainThread\": 13 tasks: 13 waiting\n"))
        #expect(text.contains("12 tasks: waiting for Future\n  \"worker-0\", \"worker-1\", "))
        #expect(text.contains(/Task "Task-1": waits for task "worker-3"\n  #0  main \(<string>:16\)\n/))
        #expect(text.contains(/#1  inner \(<string>:5\)\n  #2  worker \(<string>:7\)\n/))
    }

    @Test func `The task that a thread executes is shown as running`() throws {
        let program = try start("busy")
        let isRunning = eventually {
            let text = try? sonde("dump", "--tasks", "-p", "\(program.pid)").output
            return text?.contains(/Task "Task-1": running\n  #0  main \(<string>:1[45]\)\n/) ?? false
        }
        #expect(isRunning)
    }

    @Test func `A document with tasks is what the schema says`() throws {
        let program = try start()
        let result = try sonde("dump", "--tasks", "--json", "-p", "\(program.pid)")
        #expect(try JSONSchema.faults(in: result.standardOutput, document: "dump") == "")
        #expect(result.output.contains("\"name\" : \"worker-11\""))
    }

    @Test func `A process without asyncio has no tasks`() throws {
        let program = try TestProgram("threads", "3", "1")
        #expect(try sonde("dump", "--tasks", "-p", "\(program.pid)").output.hasSuffix("\nno asyncio tasks\n\n"))
    }

    @Test func `Tasks and native frames alone exclude each other`() throws {
        let result = try sonde("dump", "--tasks", "--native-only", "-p", "1")
        #expect(result.status == .exited(64))
    }
}

private let python = PythonInstallation.all.first { $0.minor >= 9 }
