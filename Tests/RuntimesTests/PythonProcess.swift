internal import Foundation
internal import Glibc
internal import ObjectFiles
internal import ProcFS
internal import ProfileModel
import Runtimes
internal import SystemSupport
internal import TargetProcess
internal import TestSupport
internal import Testing

extension TargetMemory: RuntimeMemory {}

/// A running interpreter, and the CPython that is in one of its object files.
struct PythonProcess {
    let program: TestProgram
    let memory: any RuntimeMemory
    let object: ObjectFile
    let build: CPythonBuild
    /// What the loader added to the file's addresses.
    private let bias: UInt64

    /// Runs a script that prints "ready".
    init(_ python: PythonInstallation, script: String) throws {
        program = try TestProgram(at: python.path, arguments: ["-c", script])
        memory = TargetMemory(of: program.id)
        var buffer: [UInt8] = []
        let maps = try ProcFS().process(program.id).maps(using: &buffer)
        let found = try maps.entries.lazy.filter { $0.permissions.contains(.execute) && $0.name.hasPrefix("/") }
            .compactMap { mapping throws in try Self.build(in: mapping) }.first
        (object, build, bias) = try #require(found)
    }

    private static func build(in mapping: MemoryMapping) throws -> (ObjectFile, CPythonBuild, UInt64)? {
        let descriptor = unsafe open(mapping.name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let object = try ObjectFile(
            id: ObjectID(rawValue: 1), path: mapping.name, descriptor: OwnedDescriptor(owning: descriptor))
        guard let build = try CPythonBuild(of: object), let start = object.fileAddress(ofFileOffset: mapping.offset)
        else { return nil }
        return (object, build, mapping.start.rawValue &- start.rawValue)
    }

    func address(of place: FileAddress) -> Address { Address(rawValue: place.rawValue &+ bias) }

    /// The first interpreter's state.
    func interpreter() throws -> Address {
        switch build.state {
        case .variables(let interpretersHead):
            return try #require(try memory.pointer(at: address(of: interpretersHead)))
        case .runtime(let runtime):
            let layout = try #require(build.layout.runtime)
            return try #require(try memory.pointer(at: address(of: runtime) + layout.interpretersHead))
        }
    }

    /// The states of an interpreter's threads.
    func threads(of interpreter: Address) throws -> [Address] {
        var threads: [Address] = []
        var next = try memory.pointer(at: interpreter + build.layout.interpreter.threadsHead)
        while let thread = next, threads.count < 100 {
            threads.append(thread)
            next = try memory.pointer(at: thread + build.layout.thread.next)
        }
        return threads
    }

    /// The frames of a thread from the innermost on, without those that are variables of an interpreter loop.
    func frames(of thread: Address) throws -> [Address] {
        var next: Address?
        switch build.layout.thread.frames {
        case .frameObject(let offset), .interpreterFrame(let offset):
            next = try memory.pointer(at: thread + offset)
        case .controlFrame(let offset, let current, _):
            let control = try #require(try memory.pointer(at: thread + offset))
            next = try memory.pointer(at: control + current)
        }
        var frames: [Address] = []
        while let frame = next, frames.count < 100 {
            if try !isOfLoop(frame) { frames.append(frame) }
            next = try memory.pointer(at: frame + build.layout.frame.previous)
        }
        return frames
    }

    func isOfLoop(_ frame: Address) throws -> Bool {
        guard case .owner(let offset, let loop) = build.layout.frame.entry else { return false }
        return try memory.allBytes(at: frame + offset, count: 1) == [loop]
    }

    func code(of frame: Address) throws -> Address {
        let word = try memory.word(at: frame + build.layout.frame.code)
        return Address(rawValue: word & ~3)
    }

    /// The offset of the instruction that a frame is at, in bytes from the code object's first.
    func instructionOffset(of frame: Address, _ code: Address) throws -> Int {
        switch build.layout.frame.instruction {
        case .index(let offset, let unit): return Int(try int(at: frame + offset)) * unit
        case .pointer(let offset):
            let pointer = try memory.word(at: frame + offset)
            return Int(Int64(bitPattern: pointer &- (try start(of: code, for: frame)).rawValue))
        }
    }

    private func start(of code: Address, for frame: Address) throws -> Address {
        guard let copies = build.layout.threadCode else {
            let offset = try #require(build.layout.code.instructions)
            return code + offset
        }
        let index = Int(try int(at: frame + copies.index))
        let array = try #require(try memory.pointer(at: code + copies.array))
        try #require(index >= 0 && index < Int(try memory.word(at: array)))
        return try #require(try memory.pointer(at: array + copies.entries + 8 * index))
    }

    /// The pointer in a structure at an offset that the layout has to have.
    func pointer(at structure: Address, _ offset: Int?) throws -> Address {
        let offset = try #require(offset)
        return try #require(try memory.pointer(at: structure + offset))
    }

    func int(at address: Address) throws -> Int32 {
        Int32(truncatingIfNeeded: try memory.allBytes(at: address, count: 4).littleEndianWord(at: 0, count: 4))
    }

    /// Whether a text object has these ASCII characters, which follow its header.
    func isText(_ object: Address, _ text: String) -> Bool {
        let header = build.version.isFreeThreaded ? 56 : build.version.minor >= 12 ? 40 : 48
        let characters = [UInt8](text.utf8) + [0]
        return memory.bytes(at: object + header, count: characters.count) == characters
    }
}

func + (address: Address, offset: Int) -> Address { address.advanced(by: UInt64(offset)) }
