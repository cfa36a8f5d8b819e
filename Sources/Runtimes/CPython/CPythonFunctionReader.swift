package import ProfileModel

/// Which function a code object is, and where its lines are.
package struct CPythonCode: Hashable, Sendable {
    package let name: String
    /// With the classes and functions around it (`co_qualname`, 3.11 and later).
    package let qualifiedName: String?
    package let fileName: String
    package let firstLine: Int
    /// `nil` if there is none that can be read.
    package let lineTable: CPythonLineTable?
    /// The address of the first instruction.
    package let instructions: Address
    /// How many bytes of instructions there are.
    package let instructionByteCount: Int

    /// The line of the instruction that is so many bytes after the first one.
    package func line(atInstruction offset: Int) -> Int? {
        guard offset < instructionByteCount else { return nil }
        return lineTable?.line(atInstruction: offset)
    }
}

/// Reads code objects.
package struct CPythonFunctionReader {
    /// The most bytes of instructions of one code object, and of its table of lines.
    private static let instructionLimit = 1 << 28
    private static let lineTableLimit = 1 << 20

    private let layout: CPythonLayout.Code
    private let objects: CPythonObjects
    private let codeType: Address?

    /// - Parameter codeType: where `PyCode_Type` is; where that isn't known, types are recognised by their name.
    package init(
        layout: CPythonLayout.Code, objects: CPythonObjectLayout, codeType: Address?, memory: any RuntimeMemory
    ) {
        self.layout = layout
        self.objects = CPythonObjects(layout: objects, memory: memory)
        self.codeType = codeType
    }

    package func code(at address: Address) throws(RuntimeReadError) -> CPythonCode {
        try requireCode(at: address)
        guard 0...0x1000 ~= layout.byteCount else { throw .tooLarge(address, expected: "a code object") }
        let fields = try objects.memory.allBytes(at: address, count: layout.byteCount)
        let firstLine = Int(Int32(truncatingIfNeeded: fields.littleEndianWord(at: layout.firstLine, count: 4)))
        let lineTable = Address(rawValue: fields.littleEndianWord(at: layout.lineTable))
        let instructions = try instructions(of: address, fields)
        return CPythonCode(
            name: try text(fields, at: layout.name), qualifiedName: try qualifiedName(fields),
            fileName: try text(fields, at: layout.fileName), firstLine: firstLine,
            lineTable: (try? objects.bytes(at: lineTable, limit: Self.lineTableLimit)).map {
                CPythonLineTable(format: objects.layout.lineTable, firstLine: firstLine, bytes: $0)
            }, instructions: instructions.start, instructionByteCount: instructions.byteCount)
    }

    private func requireCode(at address: Address) throws(RuntimeReadError) {
        let isCode: Bool
        if let codeType {
            isCode = try objects.memory.pointer(at: address, offset: objects.layout.type) == codeType
        } else {
            let type = try objects.type(of: address)
            isCode =
                !type.flags.contains(.heap)
                && objects.memory.terminatedBytes(at: type.name, limit: 8).elementsEqual("code".utf8)
        }
        guard isCode else { throw .implausible(address, expected: "a code object") }
    }

    private func text(_ fields: [UInt8], at offset: Int) throws(RuntimeReadError) -> String {
        try objects.text(at: Address(rawValue: fields.littleEndianWord(at: offset)))
    }

    private func qualifiedName(_ fields: [UInt8]) throws(RuntimeReadError) -> String? {
        guard let offset = layout.qualifiedName else { return nil }
        return try text(fields, at: offset)
    }

    private func instructions(
        of code: Address, _ fields: [UInt8]
    ) throws(RuntimeReadError) -> (start: Address, byteCount: Int) {
        let expected = "instructions"
        if let offset = layout.instructions {
            // The size of a code object counts instructions of two bytes.
            let count = try objects.size(of: code, limit: Self.instructionLimit / 2, expected: expected)
            return (code.offset(by: offset), 2 * count)
        }
        guard let offset = layout.instructionBytes else { throw .implausible(code, expected: expected) }
        let bytes = Address(rawValue: fields.littleEndianWord(at: offset))
        let count = try objects.size(of: bytes, limit: Self.instructionLimit, expected: expected)
        return (bytes.offset(by: objects.layout.bytes), count)
    }
}
