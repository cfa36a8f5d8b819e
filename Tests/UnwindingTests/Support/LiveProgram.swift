import Foundation
import ObjectFiles
import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess
import TestSupport

/// A running program whose threads can be read as the sampler reads them.
struct LiveProgram {
    let id: ProcessID
    let addressSpace: AddressSpaceMap

    struct Failure: Error {
        let what: String
    }

    init(_ id: Int32) throws {
        self.id = ProcessID(rawValue: id)
        let directory = try ProcFS().process(self.id)
        let objects = TracedObjects()
        let reader = AddressSpaceReader(of: directory, objects: objects)
        guard let map = try reader.readChanges(of: directory) else { throw Failure(what: "no mappings") }
        var opened: [ObjectID: ObjectFile] = [:]
        for id in map.objects { opened[id] = try Self.open(id, of: objects) }
        addressSpace = AddressSpaceMap(map.ranges) { opened[$0] }
    }

    private static func open(_ id: ObjectID, of objects: TracedObjects) throws -> ObjectFile? {
        guard let entry = objects.entry(id) else { return nil }
        switch entry.source {
        case .file(let descriptor):
            return try ObjectFile(
                id: id, path: entry.path, descriptor: OwnedDescriptor(duplicating: descriptor.rawValue))
        case .image(let bytes): return try ObjectFile(id: id, path: entry.path, image: bytes)
        case .perfMap: return nil
        }
    }

    /// Stops the whole process by SIGSTOP, so that every reader sees the same stacks.
    static func freeze(_ id: Int32) throws {
        kill(id, SIGSTOP)
        for thread in try threads(of: id) {
            while try state(of: thread, in: id) != "T" { usleep(1000) }
        }
    }

    static func threads(of id: Int32) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task").compactMap { Int32($0) }.sorted()
    }

    static func state(of thread: Int32, in id: Int32) throws -> Character {
        let stat = try String(contentsOfFile: "/proc/\(id)/task/\(thread)/stat", encoding: .utf8)
        guard let end = stat.lastIndex(of: ")"), let state = stat[end...].dropFirst(2).first else {
            throw Failure(what: "stat")
        }
        return state
    }

    /// The thread that has used the CPU most.
    static func busiestThread(of id: Int32) throws -> Int32 {
        let directory = try ProcFS().process(ProcessID(rawValue: id))
        let times = try threads(of: id).map { number in
            var buffer: [UInt8] = []
            var files = try ThreadFiles(of: ThreadID(rawValue: number), in: directory)
            return (number, try files.stat(using: &buffer).userTicks)
        }
        return times.max { $0.1 < $1.1 }?.0 ?? id
    }

    /// Stops a thread and copies its registers and stack.
    func snapshot(stopping thread: Int32) throws -> StackSnapshot {
        let stop = try ThreadStop(of: ThreadID(rawValue: thread))
        while case .notYetStopped = stop.poll() { usleep(100) }
        return try snapshot(of: thread, registers: stop.registers())
    }

    /// Copies the stack of a sleeping thread, of which only two registers are known.
    func snapshot(sleeping thread: Int32) throws -> StackSnapshot {
        let directory = try ProcFS().process(id)
        var files = try ThreadFiles(of: ThreadID(rawValue: thread), in: directory)
        var buffer: [UInt8] = []
        guard let pointers = try files.systemCall(using: &buffer).pointers else { throw Failure(what: "it runs") }
        var registers = NativeRegisters()
        registers.programCounter = pointers.programCounter
        registers.stackPointer = pointers.stackPointer
        return try snapshot(of: thread, registers: registers)
    }

    private func snapshot(of thread: Int32, registers: NativeRegisters) throws -> StackSnapshot {
        guard let stackPointer = registers.stackPointer else {
            throw Failure(what: "no stack pointer")
        }
        let copier = StackCopier()
        copier.copy(
            from: stackPointer, of: TargetMemory(of: id), top: addressSpace.mapping(containing: stackPointer)?.end,
            limit: StackCopier.largestWindow)
        return StackSnapshot(
            process: id, thread: ThreadID(rawValue: thread), registers: registers, stack: copier.take())
    }
}
