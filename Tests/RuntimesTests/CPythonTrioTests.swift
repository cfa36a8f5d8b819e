internal import Foundation
internal import ProfileModel
internal import TestSupport
internal import Testing

@testable internal import Runtimes

@Suite("Tasks of trio", .enabled(if: !PythonInstallation.withTrio.isEmpty, "no CPython has trio"))
struct CPythonTrioTests {
    @Test("tasks are those that trio has, with their chains", arguments: PythonInstallation.withTrio)
    func readsTasks(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "trio_tasks")
        let expected = try JSONDecoder().decode(Facts.self, from: process.facts).tasks
        try #require(expected.count > 110)
        let (tasks, functions) = try process.tasks()
        #expect(tasks.missing == [])
        #expect(tasks.loops.map(\.thread) == ["MainThread"])
        #expect(tasks.tasks.allSatisfy { $0.loss == nil })
        #expect(!tasks.mayMixTimes)
        #expect(try Fact.all(of: tasks, functions).sorted() == expected.sorted())
        #expect(tasks.tasks.allSatisfy { ($0.state == .waiting) == ($0.awaited != nil) })
        #expect(tasks.tasks.count { $0.state == .ready } == 3)
        func awaited(by name: String) -> Fact? { expected.first { $0.name == name } }
        #expect(awaited(by: "parent")?.tasks == ["of inner", "of outer"])
        #expect(awaited(by: "in body")?.tasks == [])
        #expect(awaited(by: "nested")?.awaited == "Event.wait")
        #expect(awaited(by: "receiving")?.awaited == "MemoryReceiveChannel.receive")
    }

    @Test(
        "of tasks that go on all the time all are found, and none has an impossible chain",
        arguments: PythonInstallation.withTrio)
    func neverMixesChains(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "trio_busy_tasks")
        let own: Set = ["left_inner", "left", "right_inner", "right", "spin"]
        let possible = [["left_inner", "left", "spin"], ["right_inner", "right", "spin"]]
        var chains: Set<[String]> = []
        for _ in 0..<200 {
            let (tasks, functions) = try process.tasks()
            #expect(tasks.tasks.count == 8)
            #expect(tasks.missing == [])
            for task in tasks.tasks where task.loss == nil {
                chains.insert(task.frames.compactMap { functions[$0.function]?.name }.filter(own.contains))
            }
        }
        #expect(chains.contains { $0.count == 3 })
        for chain in chains {
            #expect(possible.contains { $0.suffix(chain.count).elementsEqual(chain) }, "\(chain)")
        }
    }

    @Test("each run is a loop, one in asyncio's loop as well", arguments: PythonInstallation.withTrio)
    func readsSeveralRuns(of python: PythonInstallation) throws {
        let source = """
            import asyncio, sys, threading, trio
            started = threading.Event()
            async def other():
                started.set()
                await trio.sleep_forever()
            async def guest():
                print("{}", flush=True)
                await trio.sleep_forever()
            async def main():
                loop = asyncio.get_running_loop()
                end = loop.create_future()
                trio.lowlevel.start_guest_run(
                    guest, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=end.set_result)
                await end
            threading.Thread(target=trio.run, args=(other,), daemon=True).start()
            started.wait()
            asyncio.run(main())
            """
        let (tasks, _) = try TaskProcess(python, source: source).tasks()
        #expect(tasks.missing == [])
        #expect(tasks.loops.count == 3)
        let names = Set(tasks.tasks.compactMap(\.name))
        #expect(names.isSuperset(of: ["__main__.other", "__main__.guest", "<init>"]))
        for (name, loop) in [("__main__.other", "__main__.guest"), ("__main__.guest", "__main__.other")] {
            let own = tasks.tasks.first { $0.name == name }
            #expect(own?.loop != tasks.tasks.first { $0.name == loop }?.loop)
        }
    }

    @Test("a process that has trio, and runs nothing with it, has no tasks", arguments: PythonInstallation.withTrio)
    func findsNone(in python: PythonInstallation) throws {
        let source = "import sys, trio; trio.run(trio.sleep, 0); print('{}', flush=True); sys.stdin.read()"
        #expect(try TaskProcess(python, source: source).tasks().0 == .none)
    }

    @Test("attributes that can't be where a class has them are refused", arguments: PythonInstallation.withTrio)
    func refusesWildSlots(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "trio_tasks")
        let facts = try JSONDecoder().decode(Facts.self, from: process.facts)
        for offset in [UInt64.max, 1 << 63, 1 << 40, 1 << 16, 8, 0] {
            let (tasks, _) = try process.tasks {
                PatchedMemory(memory: $0, address: Address(rawValue: facts.slot + 16), word: offset)
            }
            #expect(tasks.tasks.isEmpty)
            #expect(tasks.missing == ["tasks that are not a task of trio"])
        }
    }

    @Test("nurseries in a circle are read with bounds", arguments: PythonInstallation.withTrio)
    func readsCycleOfNurseries(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "trio_tasks")
        let facts = try JSONDecoder().decode(Facts.self, from: process.facts)
        let (tasks, _) = try process.tasks {
            ReplacingMemory(memory: $0, word: facts.nursery, by: facts.inner)
        }
        let parent = try #require(tasks.tasks.first { $0.name == "parent" })
        #expect(parent.awaited?.tasks.count ?? 0 > 100)
        #expect(tasks.tasks.count == facts.tasks.count)
    }
}

/// What the script says.
private struct Facts: Decodable {
    let tasks: [Fact]
    /// Where the PyMemberDef of the slot `coro` is.
    let slot: UInt64
    /// The nursery of the task `parent`, and one that this task has opened.
    let nursery: UInt64
    let inner: UInt64
}

/// Memory that has another word at one address.
private struct PatchedMemory: RuntimeMemory {
    let memory: ProcessMemory
    let address: Address
    let word: UInt64

    func bytes(at start: Address, count: Int) -> [UInt8] {
        var bytes = memory.bytes(at: start, count: count)
        for index in 0..<8 {
            let place = (address.rawValue + UInt64(index)).subtractingReportingOverflow(start.rawValue)
            guard !place.overflow, place.partialValue < UInt64(bytes.count) else { continue }
            bytes[Int(place.partialValue)] = UInt8(truncatingIfNeeded: word >> (8 * index))
        }
        return bytes
    }
}
