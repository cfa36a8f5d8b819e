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

    @Test func `A process without asyncio, trio and greenlet has no tasks`() throws {
        let program = try TestProgram("threads", "3", "1")
        let text = try sonde("dump", "--tasks", "-p", "\(program.pid)").output
        #expect(text.hasSuffix("\nno tasks of asyncio or trio, and no greenlets\n\n"))
    }

    @Test func `Tasks and native frames alone exclude each other`() throws {
        let result = try sonde("dump", "--tasks", "--native-only", "-p", "1")
        #expect(result.status == .exited(64))
    }
}

/// `sonde dump --tasks` of trio.
@Suite(.enabled(if: !PythonInstallation.withTrio.isEmpty, "no CPython has trio")) struct TrioTaskTests {
    private static let source = """
        import sys, trio
        async def inner(event):
            await event.wait()
        async def worker(event):
            await inner(event)
        async def main():
            event = trio.Event()
            async with trio.open_nursery() as nursery:
                for _ in range(12):
                    nursery.start_soon(worker, event)
                await trio.testing.wait_all_tasks_blocked()
                print("ready", flush=True)
                while len(sys.argv) > 1:
                    pass
        import trio.testing
        trio.run(main)
        """

    private func start(_ arguments: String...) throws -> TestProgram {
        let python = try #require(PythonInstallation.withTrio.first)
        return try TestProgram(at: python.path, arguments: ["-c", Self.source] + arguments)
    }

    @Test func `Tasks of a nursery are what the task waits for that opened it`() throws {
        let program = try start()
        var text = ""
        let isWaiting = eventually {
            text = (try? sonde("dump", "--tasks", "-p", "\(program.pid)").output) ?? ""
            return text.contains("Event loop of thread \"MainThread\": 15 tasks: 15 waiting\n")
        }
        #expect(isWaiting, "\(text)")
        #expect(text.contains("12 tasks: waiting for Event.wait\n  \"__main__.worker\" (12 times)\n"))
        #expect(text.contains(/Task "__main__.main": waits for 12 tasks: ("__main__.worker", ){5}…\n/))
        #expect(text.contains(/#1  inner \(<string>:3\)\n  #2  worker \(<string>:5\)\n/))
    }

    @Test func `The task that a thread executes is shown as running`() throws {
        let program = try start("busy")
        let text = try sonde("dump", "--tasks", "-p", "\(program.pid)").output
        #expect(text.contains(/Task "__main__.main": running\n  #0  main \(<string>:1[34]\)\n/), "\(text)")
    }

    @Test func `A recording has tasks of a nursery below the task that waits for them`() throws {
        let program = try start()
        let result = try sonde(
            "record", "--mode", "wall", "--tasks", "-p", "\(program.pid)", "-d", "0.3", "-f", "folded", "-o", "-")
        #expect(
            result.output.contains(
                /\[task __main__.main\];main .*;\[task __main__.worker\];worker .*;\[waits for Event.wait\] \d+/))
    }
}

/// `sonde dump --tasks` of greenlets.
@Suite(.enabled(if: !PythonInstallation.withGreenlet.isEmpty, "no CPython has greenlet")) struct GreenletTaskTests {
    @Test func `Greenlets are shown with the functions that they are suspended in`() throws {
        let source = """
            import greenlet, sys, threading
            main = greenlet.getcurrent()
            class Worker(greenlet.greenlet): pass
            def inner():
                main.switch()
            def worker():
                inner()
            kept = [Worker(worker) for _ in range(3)]
            for one in kept:
                one.switch()
            print("ready", flush=True)
            sys.stdin.read()
            """
        let python = try #require(PythonInstallation.withGreenlet.first)
        let program = try TestProgram(at: python.path, arguments: ["-c", source])
        let text = try sonde("dump", "--tasks", "-p", "\(program.pid)").output
        #expect(text.contains("Event loop of thread \"MainThread\": 4 tasks: 1 running, 3 waiting\n"), "\(text)")
        #expect(
            text.contains(/3 tasks: waiting\n  "Worker" \(3 times\)\n  #0  inner .*:5\)\n  #1  worker .*:7\)\n/),
            "\(text)")
    }
}

private let python = PythonInstallation.all.first { $0.minor >= 9 }
