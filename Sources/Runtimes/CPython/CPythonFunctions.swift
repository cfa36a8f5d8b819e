internal import ProfileModel
internal import SystemSupport

/// The functions of code objects, read once each, and checked each time that they are asked for in another batch.
///
/// A code object can be freed, and another one take its place: which of them a frame was of that was copied in between isn't
/// known.
final class CPythonFunctions {
    private struct Entry {
        /// The words by which a code object is recognised again: its type, and where its texts and tables are.
        let identity: [UInt64]
        let code: CPythonCode
        let function: InterpretedFunction
        /// Frames that were copied earlier may be of what was there before, in nanoseconds of `CLOCK_MONOTONIC`.
        let since: UInt64
        var batch: Int

        /// Whether it is code that the interpreter runs between functions, such as after `__init__` (`_Py_InitCleanup`, 3.12
        /// and later): it has a name for a file and no line, and the language's own tools don't show it.
        var isInterpretersOwn: Bool { function.firstLine == nil && function.file == function.name }
    }

    private let reader: CPythonFunctionReader
    private let layout: CPythonLayout
    private let memory: any RuntimeMemory
    private let now: () -> UInt64
    private var entries: [Address: Entry] = [:]
    private var batch = 0

    /// More code objects than programs have; what is known of them is read anew beyond that.
    private static let limit = 1 << 16

    /// - Parameter now: nanoseconds of `CLOCK_MONOTONIC`.
    init(
        reader: CPythonFunctionReader, layout: CPythonLayout, memory: any RuntimeMemory,
        now: @escaping () -> UInt64 = { MonotonicTime.now.nanoseconds }
    ) {
        self.reader = reader
        self.layout = layout
        self.memory = memory
        self.now = now
    }

    func beginBatch() { batch &+= 1 }

    /// Which function a frame runs, and at which line; `nil` for a frame of the interpreter's own.
    ///
    /// - Parameter time: when the frame was copied, in nanoseconds of `CLOCK_MONOTONIC`.
    func function(
        of frame: CPythonFrame, copiedAt time: UInt64
    ) throws(InterpreterLossError) -> (function: InterpretedFunction, line: UInt32?)? {
        let entry = try entry(at: frame.code)
        guard time >= entry.since else { throw InterpreterLossError(.replacedCode) }
        if entry.isInterpretersOwn { return nil }
        guard let instruction = frame.instruction, let offset = try offset(of: instruction, frame, in: entry.code)
        else { return (entry.function, entry.function.firstLine) }
        let line = entry.code.line(atInstruction: offset).flatMap { UInt32(exactly: $0) }
        return (entry.function, line.flatMap { $0 == 0 ? nil : $0 } ?? entry.function.firstLine)
    }

    /// How many bytes after the first instruction it is; `nil` where the frame has not begun.
    private func offset(
        of instruction: UInt64, _ frame: CPythonFrame, in code: CPythonCode
    ) throws(InterpreterLossError) -> Int? {
        var offset = instruction
        if case .pointer = layout.frame.instruction {
            guard let first = firstInstruction(of: frame, in: code)?.rawValue else {
                throw InterpreterLossError(.unreadableCode)
            }
            // A frame that has not begun is at the word before the first instruction.
            if instruction == first &- 2 { return nil }
            offset = instruction &- first
        }
        guard offset < UInt64(code.instructionByteCount) else { throw InterpreterLossError(.unreadableCode) }
        return Int(offset)
    }

    /// Where the instructions begin that the frame executes.
    private func firstInstruction(of frame: CPythonFrame, in code: CPythonCode) -> Address? {
        guard let threadCode = layout.threadCode, frame.threadCode > 0 else { return code.instructions }
        guard let array = try? memory.pointer(at: frame.code.offset(by: threadCode.array)) else { return nil }
        return try? memory.pointer(at: array.offset(by: threadCode.entries + 8 * Int(frame.threadCode)))
    }

    private func entry(at address: Address) throws(InterpreterLossError) -> Entry {
        var known = entries[address]
        if let known, known.batch == batch { return known }
        guard let identity = identity(of: address) else { throw InterpreterLossError(.unreadableCode) }
        if let current = known, current.identity == identity {
            known?.batch = batch
            entries[address] = known
            return known ?? current
        }
        let entry = try read(address, identity, replaces: known != nil)
        if entries.count >= Self.limit { entries.removeAll() }
        entries[address] = entry
        return entry
    }

    private func read(_ address: Address, _ identity: [UInt64], replaces: Bool) throws(InterpreterLossError) -> Entry {
        let code: CPythonCode
        do { code = try reader.code(at: address) } catch { throw InterpreterLossError(.unreadableCode) }
        // It may have been replaced while it was read.
        guard self.identity(of: address) == identity else { throw InterpreterLossError(.replacedCode) }
        let function = InterpretedFunction(
            name: code.qualifiedName ?? code.name, file: code.fileName,
            firstLine: UInt32(exactly: code.firstLine).flatMap { $0 == 0 ? nil : $0 })
        return Entry(
            identity: identity, code: code, function: function, since: replaces ? now() : 0, batch: batch)
    }

    private func identity(of address: Address) -> [UInt64]? {
        let code = layout.code
        let bytes = memory.bytes(at: address, count: code.byteCount)
        guard bytes.count == code.byteCount else { return nil }
        let offsets =
            [code.name, code.fileName, code.lineTable] + [code.qualifiedName, code.instructionBytes].compactMap { $0 }
        return offsets.map { bytes.littleEndianWord(at: $0) }
            + [bytes.littleEndianWord(at: code.firstLine, count: 4)]
    }
}

/// Why a frame has no function.
struct InterpreterLossError: Error {
    let loss: InterpreterLoss

    init(_ loss: InterpreterLoss) { self.loss = loss }
}
