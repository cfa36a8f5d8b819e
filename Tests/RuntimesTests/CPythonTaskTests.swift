internal import Foundation
internal import ProfileModel
internal import TestSupport
internal import Testing

@testable internal import Runtimes

@Suite("Tasks of asyncio", .enabled(if: !PythonInstallation.withTasks.isEmpty, "no CPython is installed"))
struct CPythonTaskTests {
    @Test("tasks are those that asyncio has, with their chains", arguments: PythonInstallation.withTasks)
    func readsTasks(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "tasks")
        let expected = try JSONDecoder().decode(Facts.self, from: process.facts).tasks
        try #require(expected.count > 110)
        let (tasks, functions) = try process.tasks()
        #expect(tasks.missing == [])
        #expect(tasks.loops.map(\.thread) == ["MainThread"])
        #expect(tasks.tasks.allSatisfy { $0.loss == nil })
        let read = try Fact.all(of: tasks, functions)
        #expect(read.sorted() == expected.sorted())
        #expect(tasks.tasks.allSatisfy { ($0.state == .waiting) == ($0.awaited != nil) })
        guard python.minor >= 8 else { return }
        // What asyncio links by callbacks alone.
        func isAwaited(_ tasks: [String], by name: String) -> Bool {
            expected.contains { $0.name == name && $0.tasks == tasks }
        }
        #expect(isAwaited(["waited-1", "waited-2"], by: "waiting"))
        #expect(isAwaited(["shielded"], by: "shielding"))
        #expect(python.minor < 11 || isAwaited(["in group"], by: "Task-1"))
    }

    @Test("a chain that leads back to its beginning ends there", arguments: PythonInstallation.withTasks)
    func endsCycles(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "tasks")
        let facts = try JSONDecoder().decode(Facts.self, from: process.facts)
        let (tasks, functions) = try process.tasks {
            ReplacingMemory(memory: $0, word: facts.innermost, by: facts.outermost)
        }
        let task = try #require(tasks.tasks.first { $0.loss == .cycle })
        let names = task.frames.map { functions[$0.function]?.name }
        #expect(names == Array(repeating: "level", count: 21))
        #expect(tasks.tasks.count { $0.loss != nil } == 1)
    }

    @Test("tasks that go on all the time have no impossible chain", arguments: PythonInstallation.withTasks)
    func neverMixesChains(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "busy_tasks")
        var chains: Set<[String]> = []
        for _ in 0..<100 {
            let (tasks, functions) = try process.tasks()
            try #require(!tasks.tasks.isEmpty)
            for task in tasks.tasks where task.loss == nil && !task.frames.isEmpty {
                chains.insert(task.frames.map { functions[$0.function]?.name ?? "" })
            }
        }
        let possible = [
            ["__sleep0", "sleep", "left_inner", "left", "spin"], ["__sleep0", "sleep", "right_inner", "right", "spin"],
        ]
        for chain in chains where chain != ["main"] {
            #expect(possible.contains { $0.suffix(chain.count).elementsEqual(chain) }, "\(chain)")
        }
    }

    @Test("of tasks that end while others are read nothing is missing", arguments: PythonInstallation.withTasks)
    func dropsEndedTasks(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "ending_tasks")
        let whole = try process.tasks().0.tasks.count
        try #require(whole > 200)
        var hasGoneOn = false
        let (tasks, _) = try process.tasks(progress: { number in
            guard number == 20, !hasGoneOn else { return }
            hasGoneOn = (try? process.goOn()) != nil
        })
        #expect(tasks.missing == [])
        #expect((20..<whole).contains(tasks.tasks.count))
        #expect(try process.tasks().0.tasks.count < 5)
    }

    @Test("an interpreter without asyncio has no tasks", arguments: PythonInstallation.withTasks)
    func findsNone(in python: PythonInstallation) throws {
        let (tasks, _) = try TaskProcess(python, source: "import sys; print('{}', flush=True); sys.stdin.read()")
            .tasks()
        #expect(tasks == .none)
    }

    @Test("damaged offsets of asyncio are refused")
    func refusesDamagedOffsets() {
        let words: [UInt64] = [168, 136, 96, 108, 109, 128, 152, 225864, 10880, 936, 864, 872, 880]
        func offsets(_ words: [UInt64]) -> CPythonAsyncioOffsets? {
            CPythonAsyncioOffsets(
                parsing: words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
        }
        #expect(offsets(words)?.taskNode == 152)
        #expect(offsets(words.dropLast()) == nil)
        for index in [0, 1, 5, 6, 7, 8, 9, 11, 12] {
            for value in [UInt64.max, 1 << 40, 1, 7] {
                var damaged = words
                damaged[index] = value
                #expect(offsets(damaged) == nil, "\(index) \(value)")
            }
        }
    }
}

extension PythonInstallation {
    /// Those that have asyncio's tasks.
    fileprivate static let withTasks = all.filter { $0.minor >= 7 }
}

/// What the script says.
private struct Facts: Decodable {
    let tasks: [Fact]
    /// The first and the last coroutine of a chain.
    let outermost: UInt64
    let innermost: UInt64
}
