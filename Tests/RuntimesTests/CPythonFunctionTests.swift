internal import ProfileModel
internal import SystemSupport
internal import Testing

@testable internal import Runtimes

@Suite("Functions of CPython", .enabled(if: !Interpreter.all.isEmpty, "no CPython is installed"))
struct CPythonFunctionTests {
    private struct Facts: Decodable {
        let codeType: UInt64
        let codes: [Code]
    }

    private struct CodeObject: Decodable {
        let codeType: UInt64
        let code: UInt64
    }

    private struct Code: Decodable {
        let address: UInt64
        let name: String
        let qualifiedName: String?
        let fileName: String
        let firstLine: Int
        let byteCount: Int
        let start: [UInt8]
        let lines: [[Int?]]

        /// The line of each instruction, all of which have two bytes.
        var linesOfInstructions: [Int?] {
            var result: [Int?] = []
            for range in lines { while result.count < (range[0] ?? 0) / 2 { result.append(range[1]) } }
            return result
        }
    }

    @Test("names, files and lines are those that the interpreter itself has", arguments: Interpreter.all)
    func readsFunctions(of interpreter: Interpreter) throws {
        let process = try ScriptedPython(interpreter, running: "functions")
        let facts: Facts = try process.facts()
        try #require(facts.codes.count > 500)
        let reader = CPythonFunctionReader(
            layout: try #require(Self.layout(of: interpreter.version)), objects: process.objects.layout,
            codeType: Address(rawValue: facts.codeType), memory: process.memory)
        for expected in facts.codes {
            let code = try reader.code(at: Address(rawValue: expected.address))
            #expect(code.name == Self.shown(expected.name))
            #expect(code.qualifiedName == expected.qualifiedName.map(Self.shown))
            #expect(code.fileName == Self.shown(expected.fileName))
            #expect(code.firstLine == expected.firstLine)
            #expect(code.instructionByteCount == expected.byteCount)
            #expect(process.memory.bytes(at: code.instructions, count: 2) == expected.start)
            let lines = stride(from: 0, to: expected.byteCount, by: 2).map { code.line(atInstruction: $0) }
            #expect(lines == expected.linesOfInstructions, "\(expected.name)")
        }
    }

    @Test("code objects are recognised by the name of their type, and others are refused", arguments: Interpreter.all)
    func recognisesCode(of interpreter: Interpreter) throws {
        let process = try ScriptedPython(interpreter, running: "objects")
        let facts: CodeObject = try process.facts()
        let layout = try #require(Self.layout(of: interpreter.version))
        let code = Address(rawValue: facts.code)
        let type = Address(rawValue: facts.codeType)
        for codeType in [nil, type] {
            let reader = CPythonFunctionReader(
                layout: layout, objects: process.objects.layout, codeType: codeType, memory: process.memory)
            #expect(try reader.code(at: code).name == "wait")
            #expect(throws: RuntimeReadError.implausible(type, expected: "a code object")) {
                try reader.code(at: type)
            }
        }
    }

    private static func shown(_ text: String) -> String {
        PrintableText.escaped(text, limit: CPythonObjects.textLimit)
    }

    private static func layout(of version: CPythonVersion) -> CPythonLayout.Code? {
        version.isFreeThreaded ? freeThreadedLayouts[version.minor] : layouts[version.minor]
    }

    private static let layouts: [Int: CPythonLayout.Code] = [
        6: bytecodeObject(byteCount: 144, name: 104, firstLine: 36, instructions: 40),
        7: bytecodeObject(byteCount: 144, name: 104, firstLine: 36, instructions: 40),
        8: bytecodeObject(byteCount: 176, name: 112, firstLine: 40, instructions: 48),
        9: bytecodeObject(byteCount: 176, name: 112, firstLine: 40, instructions: 48),
        10: bytecodeObject(byteCount: 176, name: 112, firstLine: 40, instructions: 48),
        11: bytecodeInside(at: 184, name: 120, firstLine: 72),
        12: bytecodeInside(at: 192, name: 120, firstLine: 68),
        13: bytecodeInside(at: 200, name: 120, firstLine: 68),
        14: bytecodeInside(at: 208, name: 120, firstLine: 68),
    ]

    private static let freeThreadedLayouts: [Int: CPythonLayout.Code] = [
        13: bytecodeInside(at: 216, name: 136, firstLine: 84), 14: bytecodeInside(at: 232, name: 136, firstLine: 84),
    ]

    private static func bytecodeObject(
        byteCount: Int, name: Int, firstLine: Int, instructions: Int
    ) -> CPythonLayout.Code {
        CPythonLayout.Code(
            byteCount: byteCount, name: name, qualifiedName: nil, fileName: name - 8, firstLine: firstLine,
            lineTable: name + 8, instructions: nil, instructionBytes: instructions, variables: .unused)
    }

    private static func bytecodeInside(at instructions: Int, name: Int, firstLine: Int) -> CPythonLayout.Code {
        CPythonLayout.Code(
            byteCount: instructions, name: name, qualifiedName: name + 8, fileName: name - 8, firstLine: firstLine,
            lineTable: name + 16, instructions: instructions, instructionBytes: nil, variables: .unused)
    }
}

extension CPythonLayout.Variables {
    /// Where only what function it is is read.
    static let unused = CPythonLayout.Variables(
        flags: 0, arguments: 0, keywordOnly: 0, names: .together(0, kinds: 0))
}
