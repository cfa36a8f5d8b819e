import Foundation
import ObjectFiles
import ProfileModel
import TestSupport

/// A program that was run instruction by instruction by `Tests/Programs/single_step.c`, which knows each stack from the
/// calls and returns it saw.
struct SteppedProgram {
    struct Step {
        let snapshot: StackSnapshot
        /// The addresses of the right stack, leaf first.
        let truth: [UInt64]
    }

    /// What it is run instruction by instruction from; before that, it runs at full speed.
    enum Start: String {
        /// The first instruction of the process, which is the loader's where the program has one.
        case loader
        /// The program's entry point.
        case entry
    }

    let addressSpace: AddressSpaceMap
    let steps: [Step]

    init(_ command: [String], from start: Start, idleSteps: Int) throws {
        let directory = try TemporaryDirectory()
        let file = directory.url.appending(path: "steps")
        let program = command[0].contains("/") ? command[0] : Locations.testPrograms.appending(path: command[0]).path
        let stepper = Locations.testPrograms.appending(path: "single_step").path
        let child = try Child([stepper, file.path, "\(idleSteps)", start.rawValue, program] + command.dropFirst())
        let greeting = try child.line { $0.hasPrefix("tracee ") }
        guard let id = Int32(greeting.dropFirst(7)) else { throw LiveProgram.Failure(what: greeting) }
        try child.line(within: 120) { $0 == "ready" }
        addressSpace = try LiveProgram(id).addressSpace
        steps = try Self.parse(try Data(contentsOf: file), process: ProcessID(rawValue: id))
    }

    private static func parse(_ data: Data, process: ProcessID) throws -> [Step] {
        let bytes = [UInt8](data)
        var steps: [Step] = []
        var offset = 0
        while offset < bytes.count {
            let header = words(bytes, at: &offset, count: 20)
            var registers = NativeRegisters()
            for name in NativeRegisters.Name.allCases { registers[name] = header[name.rawValue] }
            let size = Int(header[18])
            let window = StackWindow(
                base: Address(rawValue: header[17]), bytes: Array(bytes[offset..<offset + size]))
            offset += size
            let returns = words(bytes, at: &offset, count: Int(header[19]))
            let snapshot = StackSnapshot(
                process: process, thread: ThreadID(rawValue: process.rawValue), registers: registers, stack: window)
            steps.append(Step(snapshot: snapshot, truth: [header[16]] + returns))
        }
        return steps
    }

    private static func words(_ bytes: [UInt8], at offset: inout Int, count: Int) -> [UInt64] {
        defer { offset += 8 * count }
        return unsafe bytes.withUnsafeBytes { bytes in
            (0..<count).map { index in
                UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
            }
        }
    }
}
