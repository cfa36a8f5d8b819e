internal import Foundation
internal import Glibc
internal import ObjectFiles
internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TestSupport
internal import Testing

@testable internal import Runtimes

/// What a script of `Python` says of a task.
struct Fact: Decodable, Equatable, Comparable, CustomStringConvertible {
    let name: String?
    let isRunning: Bool
    let awaited: String?
    let tasks: [String?]
    let frames: [FactFrame]

    var description: String { "\(name ?? "-") \(isRunning) \(awaited ?? "-") \(tasks) \(frames)" }

    /// What is read of tasks.
    static func all(
        of tasks: RuntimeTasks, _ functions: [InterpretedFunctionID: InterpretedFunction]
    ) throws -> [Fact] {
        try tasks.tasks.map { task in
            Fact(
                name: task.name, isRunning: task.state == .running, awaited: task.awaited?.type,
                tasks: (task.awaited?.tasks.map { tasks.tasks[Int($0)].name } ?? []).sorted { ($0 ?? "") < ($1 ?? "") },
                frames: try task.frames.map { frame in
                    let function = try #require(functions[frame.function])
                    return FactFrame(name: function.name, file: function.file, line: frame.line.map(Int.init))
                })
        }
    }

    static func < (left: Fact, right: Fact) -> Bool { left.description < right.description }
}

struct FactFrame: Decodable, Equatable, CustomStringConvertible {
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
struct TaskProcess {
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

    /// Writes a line to the script, and waits for one of it.
    func goOn() throws {
        try child.write(Data("\n".utf8))
        _ = try child.line(within: 60)
    }

    /// - Parameter progress: called before each task is read.
    func tasks(
        by read: (ProcessMemory) -> any RuntimeMemory = { $0 }, progress: (Int) -> Void = { _ in }
    ) throws -> (RuntimeTasks, [InterpretedFunctionID: InterpretedFunction]) {
        let found = try objects.lazy.compactMap { place throws in
            try CPythonRuntime(in: place.object, bias: place.bias, memory: read(memory))
        }.first
        let sink = InterpretedFunctionSink()
        let tasks = try #require(found).tasks(in: objects.map(\.object), naming: sink, progress: progress)
        let functions = sink.takeUnsent(byteLimit: .max).map { ($0.id, $0) }
        return (tasks, Dictionary(functions) { first, _ in first })
    }
}

/// Memory that has one word in the places of another one.
struct ReplacingMemory: RuntimeMemory {
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
