internal import ProfileModel
internal import Testing

@testable internal import Runtimes

/// What is known of code objects while the process goes on.
@Suite("Functions of code objects that change")
struct CPythonFunctionsTests {
    private static let codeType: UInt64 = 0x1_0000
    private static let textType: UInt64 = 0x2_0000
    private static let names: [String: UInt64] = ["first": 0x3_0000, "second": 0x3_1000, "shop.py": 0x3_2000]

    private let python: ForgedInterpreter
    private let functions: CPythonFunctions
    private let clock = Clock()

    private final class Clock { var time: UInt64 = 100 }

    init() throws {
        let python = try ForgedInterpreter(minor: 12)
        let objects = try #require(CPythonObjectLayout(CPythonVersion(3, 12)))
        let memory = python.memory
        var type = [UInt64](repeating: 0, count: 40)
        type[21] = 1 << 28 | 1 << 12
        memory.put(type, at: Self.textType)
        for (text, address) in Self.names {
            // Its type, its length, no hash, and that it is compact and ASCII.
            memory.put([1, Self.textType, UInt64(text.utf8.count), 0, 0b11_001_00, 0, 0], at: address)
            for (index, byte) in text.utf8.enumerated() {
                memory.put(UInt64(byte), at: address + 40 + UInt64(index), count: 1)
            }
        }
        let (clock, layout) = (clock, python.layout)
        self.python = python
        functions = CPythonFunctions(
            reader: CPythonFunctionReader(
                layout: layout.code, objects: objects, codeType: Address(rawValue: Self.codeType), memory: memory),
            layout: layout, memory: memory, now: { clock.time })
        functions.beginBatch()
        putCode("first", line: 10)
    }

    private var firstInstruction: UInt64 { ForgedInterpreter.code + UInt64(python.layout.code.instructions ?? 0) }

    /// Of 100 instructions.
    private func putCode(_ name: String, file: String = "shop.py", line: UInt64) {
        let (memory, code, fields) = (python.memory, ForgedInterpreter.code, python.layout.code)
        memory.put([UInt64](repeating: 0, count: 64), at: code)
        memory.put([1, Self.codeType, 100], at: code)
        memory.put(line, at: code + UInt64(fields.firstLine), count: 4)
        for offset in [fields.name, fields.qualifiedName ?? fields.name] {
            memory.put(Self.names[name] ?? 0, at: code + UInt64(offset))
        }
        memory.put(Self.names[file] ?? 0, at: code + UInt64(fields.fileName))
    }

    private func function(copiedAt time: UInt64, instruction offset: UInt64 = 4) throws -> InterpretedFunction? {
        python.putFrame(at: 0x30_0000, instruction: firstInstruction &+ offset, previous: 0)
        let frame = CPythonFrame(at: Address(rawValue: 0x30_0000), python.layout, in: python.memory.copied())
        return try functions.function(of: try #require(frame), copiedAt: time)?.function
    }

    private func expect(
        _ loss: InterpreterLoss, at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) {
        let error = #expect(throws: InterpreterLossError.self, sourceLocation: location, performing: body)
        #expect(error?.loss == loss, sourceLocation: location)
    }

    @Test("a function is read once, and checked once for each batch of stacks")
    func checksOnceABatch() throws {
        let expected = InterpretedFunction(name: "first", file: "shop.py", firstLine: 10)
        #expect(try function(copiedAt: 1) == expected)
        var reads = 0
        python.memory.onRead = { address in
            if address.rawValue & ~0xFFFF != 0x30_0000 { reads += 1 }
        }
        #expect(try function(copiedAt: 2) == expected && reads == 0)
        functions.beginBatch()
        #expect(try function(copiedAt: 3) == expected && reads == 1)
        #expect(try function(copiedAt: 3) == expected && reads == 1)
    }

    @Test("code in the place of other code gives no name to stacks of before")
    func replacedCode() throws {
        #expect(try function(copiedAt: 1)?.name == "first")
        putCode("second", line: 20)
        functions.beginBatch()
        expect(.replacedCode) { _ = try function(copiedAt: 99) }
        #expect(try function(copiedAt: 100) == InterpretedFunction(name: "second", file: "shop.py", firstLine: 20))
        expect(.replacedCode) { _ = try function(copiedAt: 50) }
    }

    @Test("code that is replaced while it is read has no name")
    func replacedWhileRead() throws {
        var reads = 0
        python.memory.onRead = { [memory = python.memory] address in
            guard address.rawValue == ForgedInterpreter.code else { return }
            reads += 1
            guard reads == 2 else { return }
            memory.put(77, at: ForgedInterpreter.code + UInt64(python.layout.code.firstLine), count: 4)
        }
        expect(.replacedCode) { _ = try function(copiedAt: 1) }
    }

    @Test("code that is gone, and instructions outside of it, are losses")
    func unreadableCode() throws {
        for offset in [200, 1 << 40, UInt64(bitPattern: -4)] {
            expect(.unreadableCode) { _ = try function(copiedAt: 1, instruction: offset) }
        }
        #expect(try function(copiedAt: 1, instruction: 198)?.name == "first")
        functions.beginBatch()
        python.memory.remove(ForgedInterpreter.code..<ForgedInterpreter.code + 0x200)
        expect(.unreadableCode) { _ = try function(copiedAt: 2) }
    }

    @Test("what is no code object is a loss")
    func noCode() throws {
        python.memory.put(Self.textType, at: ForgedInterpreter.code + 8)
        expect(.unreadableCode) { _ = try function(copiedAt: 1) }
    }

    @Test("a frame that has not begun is at its function's first line")
    func frameBeforeItsBeginning() throws {
        #expect(try function(copiedAt: 1, instruction: UInt64(bitPattern: -2))?.firstLine == 10)
    }

    @Test("frames that the interpreter makes for itself are left out")
    func framesOfInterpreter() throws {
        putCode("first", file: "first", line: 0)
        #expect(try function(copiedAt: 1) == nil)
    }
}
