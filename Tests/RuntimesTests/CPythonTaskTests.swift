internal import Foundation
internal import Glibc
internal import ObjectFiles
internal import ProcFS
internal import ProfileModel
internal import SystemSupport
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
        let read = try tasks.tasks.map { task in
            #expect(task.loss == nil)
            return Fact(
                name: task.name, isRunning: task.state == .running, awaited: task.awaited?.type,
                tasks: (task.awaited?.tasks.map { tasks.tasks[Int($0)].name } ?? []).sorted { ($0 ?? "") < ($1 ?? "") },
                frames: try task.frames.map { frame in
                    let function = try #require(functions[frame.function])
                    return FactFrame(name: function.name, file: function.file, line: frame.line.map(Int.init))
                })
        }
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

private struct Fact: Decodable, Equatable, Comparable, CustomStringConvertible {
    let name: String?
    let isRunning: Bool
    let awaited: String?
    let tasks: [String?]
    let frames: [FactFrame]

    var description: String { "\(name ?? "-") \(isRunning) \(awaited ?? "-") \(tasks) \(frames)" }

    static func < (left: Fact, right: Fact) -> Bool { left.description < right.description }
}

private struct FactFrame: Decodable, Equatable, CustomStringConvertible {
    let name: String
    let file: String
    let line: Int?

    init(name: String, file: String, line: Int?) {
        self.name = name
        self.file = file
        self.line = line
    }

    init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        name = try values.decode(String.self)
        file = try values.decode(String.self)
        line = try values.decode(Int?.self)
    }

    var description: String { "\(name) (\(file):\(line ?? 0))" }
}

/// An interpreter that runs tasks, and has printed a line about them.
private struct TaskProcess {
    let facts: Data
    private let child: Child
    private let memory: ProcessMemory
    private let objects: [(object: ObjectFile, bias: UInt64)]

    init(_ python: PythonInstallation, running script: String) throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Python")
        try self.init(
            python, source: String(contentsOf: directory.appending(path: "\(script).py"), encoding: .utf8))
    }

    init(_ python: PythonInstallation, source: String) throws {
        child = try Child([python.path, "-c", source])
        facts = Data(try child.line(within: 60).utf8)
        memory = try ProcessMemory(of: child.pid)
        var buffer: [UInt8] = []
        let maps = try ProcFS().process(ProcessID(rawValue: child.pid)).maps(using: &buffer)
        objects = try maps.entries.filter { $0.permissions.contains(.execute) && $0.name.hasPrefix("/") }
            .enumerated().map { index, mapping in
                let descriptor = unsafe open(mapping.name, O_RDONLY | O_CLOEXEC)
                try #require(descriptor >= 0, "\(mapping.name)")
                let object = try ObjectFile(
                    id: ObjectID(rawValue: UInt32(index)), path: mapping.name,
                    descriptor: OwnedDescriptor(owning: descriptor))
                let start = try #require(object.fileAddress(ofFileOffset: mapping.offset))
                return (object, mapping.start.rawValue &- start.rawValue)
            }
    }

    func tasks(
        by read: (ProcessMemory) -> any RuntimeMemory = { $0 }
    ) throws -> (RuntimeTasks, [InterpretedFunctionID: InterpretedFunction]) {
        let found = try objects.lazy.compactMap { place throws in
            try CPythonRuntime(in: place.object, bias: place.bias, memory: read(memory))
        }.first
        let sink = InterpretedFunctionSink()
        let tasks = try #require(found).tasks(in: objects.map(\.object), naming: sink) { _ in }
        let functions = sink.takeUnsent(byteLimit: .max).map { ($0.id, $0) }
        return (tasks, Dictionary(functions) { first, _ in first })
    }
}

/// Memory that has one word in the places of another one.
private struct ReplacingMemory: RuntimeMemory {
    let memory: ProcessMemory
    let word: UInt64
    let by: UInt64

    func bytes(at address: Address, count: Int) -> [UInt8] {
        var bytes = memory.bytes(at: address, count: count)
        for offset in stride(from: 0, to: bytes.count - 7, by: 8) where bytes.littleEndianWord(at: offset) & ~3 == word
        {
            for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: by >> (8 * index)) }
        }
        return bytes
    }
}
