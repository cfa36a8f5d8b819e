import Foundation
import Glibc
import ObjectFiles
import ProfileModel
import SystemSupport
import TestSupport
import Testing

@testable import Unwinding

@Suite struct GoFrameTests {
    /// From an address on, how far the frame's address is above the stack pointer.
    private struct Row: Equatable, CustomStringConvertible {
        let start: UInt64
        let offset: Int64

        var description: String { "\(hexadecimal(start)): \(offset)" }
    }

    private func open(_ path: String) throws -> ObjectFile {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        return try ObjectFile(id: ObjectID(rawValue: 1), path: path, descriptor: OwnedDescriptor(owning: descriptor))
    }

    /// Go's linker writes debugging information from the same table, in another form.
    @Test(arguments: ["go_stack", "go_calls_c"])
    func `Every row of every function is as debugging information has it`(program: String) throws {
        let path = Locations.testPrograms.appending(path: program).path
        let object = try open(path)
        let frames = GoFrames(of: try #require(object.goFunctions))
        let section = try #require(object.section(named: ".debug_frame"))
        let bytes = try object.contents(of: section, limit: 64 << 20)
        let descriptions = CallFrameSection(form: .debugFrames(.decompressed(bytes)))
        var scan = CallFrameScan(descriptions, budget: object.budget)
        var count = 0
        while let entry = try scan.next() {
            let known = try descriptions.description(at: entry.position)
            guard let found = frames.description(covering: known.start) else { continue }
            #expect(found.start == known.start)
            #expect(try rows(of: found) == rows(of: known))
            count += 1
        }
        #expect(count > 1000)
    }

    @Test func `The frame pointer of a caller is known only where nothing was pushed yet`() throws {
        let object = try open(Locations.testPrograms.appending(path: "go_stack_stripped").path)
        let table = try #require(object.goFunctions)
        let main = try #require(try start(of: "main.serve", in: "go_stack"))
        let description = try #require(GoFrames(of: table).description(covering: FileAddress(rawValue: main)))
        #expect(description.beginsWithCall)
        #expect(try CallFrameInstructions(description.instructions).hasExpressions)
        #expect(table.function(covering: FileAddress(rawValue: main))?.name == "main.serve")
    }

    private func start(of name: String, in program: String) throws -> UInt64? {
        let path = Locations.testPrograms.appending(path: program).path
        let line = try Workshop().run(["nm", path]).split(separator: "\n").first { $0.hasSuffix(" \(name)") }
        return line.flatMap { $0.split(separator: " ").first }.flatMap { UInt64($0, radix: 16) }
    }

    // MARK: - Rows

    private func rows(of description: FrameDescription) throws -> [Row] {
        var rows = [Row(start: description.start.rawValue, offset: 8)]
        var reader = ByteReader(description.instructions)
        var place = description.start.rawValue
        while !reader.isAtEnd {
            let opcode = try reader.readUInt8()
            switch opcode {
            case 0x40..<0x80: place += UInt64(opcode & 0x3f) * description.common.codeAlignment
            case 0x02: place += try reader.readUnsigned(size: 1) * description.common.codeAlignment
            case 0x03: place += try reader.readUnsigned(size: 2) * description.common.codeAlignment
            case 0x04: place += try reader.readUnsigned(size: 4) * description.common.codeAlignment
            case 0x0e: append(Int64(try reader.readUnsignedLEB128()), at: place, to: &rows)
            case 0x13: append(try reader.readSignedLEB128() * description.common.dataAlignment, at: place, to: &rows)
            case 0x07, 0x08: _ = try reader.readUnsignedLEB128()
            case 0x00: break
            default: Issue.record("\(opcode)")
            }
        }
        // Behind the code there may be a row without any.
        return rows.filter { $0.start < description.end.rawValue }
    }

    private func append(_ offset: Int64, at place: UInt64, to rows: inout [Row]) {
        if rows.last?.start == place { rows.removeLast() }
        if rows.last?.offset != offset { rows.append(Row(start: place, offset: offset)) }
    }
}
