/// What a process with CPython 3.13 or later publishes of its structures: `_Py_DebugOffsets`, which begins `_PyRuntime`.
///
/// Its fields differ between minor versions (CPython's Include/internal/pycore_debug_offsets.h).
package struct CPythonDebugOffsets: Hashable, Sendable {
    package let version: CPythonVersion
    package let layout: CPythonLayout

    /// As many bytes as are needed of any version.
    package static let byteCount = 8 * (Field.order(ofMinor: newestMinor)?.count ?? 0)
    private static let newestMinor = 14

    /// Whether bytes begin as the structure does in every version.
    package static func begin(_ bytes: [UInt8]) -> Bool { bytes.starts(with: cookie) }

    /// - Parameter bytes: at least `byteCount` of them, from the start of `_PyRuntime`.
    package init(parsing bytes: [UInt8]) throws(CPythonDebugOffsetsError) {
        guard Self.begin(bytes) else { throw .noCookie }
        guard bytes.count >= Self.byteCount else { throw .truncated(count: bytes.count) }
        let number = bytes.littleEndianWord(at: 8)
        let freeThreaded = bytes.littleEndianWord(at: 16)
        version = CPythonVersion(hexadecimal: number, isFreeThreaded: freeThreaded == 1)
        guard freeThreaded <= 1, number >> 32 == 0 else { throw .implausible("version") }
        // The structure changes between alpha and beta releases.
        guard version.major == 3, number >> 4 & 0xF >= Self.releaseCandidate,
            let order = Field.order(ofMinor: version.minor)
        else { throw .unsupported(version) }
        layout = try Offsets(order: order, bytes: bytes).layout(version)
    }

    private static let cookie = Array("xdebugpy".utf8)
    private static let releaseCandidate: UInt64 = 0xC
}

package enum CPythonDebugOffsetsError: Error, Hashable, Sendable {
    /// The bytes are something else.
    case noCookie
    case truncated(count: Int)
    /// A version, or a pre-release of one, with fields in an order that isn't known.
    case unsupported(CPythonVersion)
    /// A field is not what it can be.
    case implausible(String)
}

extension CPythonDebugOffsets {
    /// A word of the structure.
    fileprivate enum Field: String {
        case cookie, version, freeThreaded
        case runtimeSize, runtimeFinalizing, interpretersHead
        case interpreterSize, interpreterID, interpreterNext, threadsHead, threadsMain, collector, modules
        case systemDictionary, builtins, lockPointer, lock, lockEnabled, lockLocked, lockHolder
        case codeObjectGeneration, threadCodeGeneration
        case threadSize, threadPrevious, threadNext, threadInterpreter, currentFrame, threadID, nativeThreadID
        case dataStackChunk, threadStatus
        case frameSize, framePrevious, executable, instruction, locals, owner, stackPointer, threadCodeIndex
        case codeSize, fileName, name, qualifiedName, lineTable, firstLine, argumentCount, localNames, localKinds
        case instructions, threadCode

        /// The fields up to the last one that is used, in a minor version's order; `nil` for other versions.
        static func order(ofMinor minor: Int) -> [Field]? {
            switch minor {
            case 13: return fields.filter { !since14.contains($0) }
            case 14: return fields
            default: return nil
            }
        }

        private static let fields: [Field] = [
            .cookie, .version, .freeThreaded,
            .runtimeSize, .runtimeFinalizing, .interpretersHead,
            .interpreterSize, .interpreterID, .interpreterNext, .threadsHead, .threadsMain, .collector, .modules,
            .systemDictionary, .builtins, .lockPointer, .lock, .lockEnabled, .lockLocked, .lockHolder,
            .codeObjectGeneration, .threadCodeGeneration,
            .threadSize, .threadPrevious, .threadNext, .threadInterpreter, .currentFrame, .threadID, .nativeThreadID,
            .dataStackChunk, .threadStatus,
            .frameSize, .framePrevious, .executable, .instruction, .locals, .owner, .stackPointer, .threadCodeIndex,
            .codeSize, .fileName, .name, .qualifiedName, .lineTable, .firstLine, .argumentCount, .localNames,
            .localKinds, .instructions, .threadCode,
        ]
        private static let since14: Set<Field> = [
            .threadsMain, .codeObjectGeneration, .threadCodeGeneration, .stackPointer, .threadCodeIndex, .threadCode,
        ]
    }

    /// The words of one version, with the checks that each has to pass.
    private struct Offsets {
        let order: [Field]
        let bytes: [UInt8]

        func layout(_ version: CPythonVersion) throws(CPythonDebugOffsetsError) -> CPythonLayout {
            let hasThreadCode = version.isFreeThreaded && version.minor >= 14
            return CPythonLayout(
                runtime: .init(
                    interpretersHead: try offset(.interpretersHead, in: .runtimeSize), currentThread: nil, lock: nil),
                interpreter: try interpreter(version),
                lock: try lock(version),
                thread: try thread(),
                frame: try frame(hasThreadCode: hasThreadCode),
                code: try code(hasThreadCode: hasThreadCode),
                threadCode: hasThreadCode
                    ? .init(
                        index: try offset(.threadCodeIndex, in: .frameSize, width: 4),
                        array: try offset(.threadCode, in: .codeSize), entries: Self.threadCodeEntries) : nil)
        }

        private func interpreter(_ version: CPythonVersion) throws(CPythonDebugOffsetsError)
            -> CPythonLayout.Interpreter
        {
            .init(
                next: try offset(.interpreterNext, in: .interpreterSize),
                threadsHead: try offset(.threadsHead, in: .interpreterSize),
                modules: try offset(.modules, in: .interpreterSize),
                collector: version.isFreeThreaded ? nil : try offset(.collector, in: .interpreterSize, width: 112),
                lock: try offset(.lockPointer, in: .interpreterSize))
        }

        /// The lock's fields are given as those of the interpreter that contains it, but whether it is enabled as its own.
        private func lock(_ version: CPythonVersion) throws(CPythonDebugOffsetsError) -> CPythonLayout.Lock {
            let start = try offset(.lock, in: .interpreterSize)
            let locked = try offset(.lockLocked, in: .interpreterSize, width: 4)
            let holder = try offset(.lockHolder, in: .interpreterSize)
            guard start <= locked, start <= holder else { throw .implausible(Field.lock.rawValue) }
            return .init(
                locked: locked - start, lastHolder: holder - start,
                enabled: version.isFreeThreaded
                    ? try offset(.lockEnabled, in: .interpreterSize, width: 4) : nil)
        }

        private func thread() throws(CPythonDebugOffsetsError) -> CPythonLayout.Thread {
            let chunk = try offset(.dataStackChunk, in: .threadSize, width: 16)
            return .init(
                next: try offset(.threadNext, in: .threadSize),
                interpreter: try offset(.threadInterpreter, in: .threadSize),
                threadID: try offset(.threadID, in: .threadSize),
                nativeThreadID: try offset(.nativeThreadID, in: .threadSize),
                frames: .interpreterFrame(try offset(.currentFrame, in: .threadSize)),
                dataStack: .init(chunk: chunk, top: chunk + Self.dataStackTop))
        }

        private func frame(hasThreadCode: Bool) throws(CPythonDebugOffsetsError) -> CPythonLayout.Frame {
            let previous = try offset(.framePrevious, in: .frameSize)
            let code = try offset(.executable, in: .frameSize)
            let instruction = try offset(.instruction, in: .frameSize)
            let owner = try offset(.owner, in: .frameSize, width: 1)
            let index = hasThreadCode ? try offset(.threadCodeIndex, in: .frameSize, width: 4) : 0
            return .init(
                byteCount: Self.end(of: [previous, code, instruction, owner, index]), previous: previous, code: code,
                instruction: .pointer(instruction), entry: .owner(owner, ofLoop: Self.loopOwner),
                variables: try offset(.locals, in: .frameSize))
        }

        private func code(hasThreadCode: Bool) throws(CPythonDebugOffsetsError) -> CPythonLayout.Code {
            let name = try offset(.name, in: .codeSize)
            let qualifiedName = try offset(.qualifiedName, in: .codeSize)
            let fileName = try offset(.fileName, in: .codeSize)
            let firstLine = try offset(.firstLine, in: .codeSize, width: 4)
            let lineTable = try offset(.lineTable, in: .codeSize)
            let array = hasThreadCode ? try offset(.threadCode, in: .codeSize) : 0
            let names = try offset(.localNames, in: .codeSize)
            let kinds = try offset(.localKinds, in: .codeSize)
            return .init(
                byteCount: Self.end(of: [name, qualifiedName, fileName, firstLine, lineTable, array, names, kinds]),
                name: name, qualifiedName: qualifiedName, fileName: fileName, firstLine: firstLine,
                lineTable: lineTable, instructions: try offset(.instructions, in: .codeSize, width: 2),
                instructionBytes: nil, variables: try variables(.together(names, kinds: kinds)))
        }

        /// `co_flags`, `co_argcount`, `co_posonlyargcount` and `co_kwonlyargcount` follow each other.
        private func variables(
            _ names: CPythonLayout.VariableNames
        ) throws(CPythonDebugOffsetsError) -> CPythonLayout.Variables {
            let arguments = try offset(.argumentCount, in: .codeSize, width: 4)
            let end = try offset(.firstLine, in: .codeSize, width: 4)
            guard arguments >= 4, arguments + 8 < end else { throw .implausible(Field.argumentCount.rawValue) }
            return .init(flags: arguments - 4, arguments: arguments, keywordOnly: arguments + 8, names: names)
        }

        /// The offset of a field of `width` bytes, aligned to them, in a structure whose size is given, too.
        private func offset(
            _ field: Field, in structure: Field, width: Int = 8
        ) throws(CPythonDebugOffsetsError) -> Int {
            let size = try word(structure)
            let offset = try word(field)
            guard size <= Self.largestStructure else { throw .implausible(structure.rawValue) }
            guard offset % UInt64(min(width, 8)) == 0, offset < size, size - offset >= UInt64(width) else {
                throw .implausible(field.rawValue)
            }
            return Int(offset)
        }

        private func word(_ field: Field) throws(CPythonDebugOffsetsError) -> UInt64 {
            guard let index = order.firstIndex(of: field) else { throw .implausible(field.rawValue) }
            return bytes.littleEndianWord(at: 8 * index)
        }

        /// How many bytes hold whole words at these offsets.
        private static func end(of offsets: [Int]) -> Int { ((offsets.max() ?? 0) & ~7) + 8 }

        /// An interpreter state of 3.14 has a quarter of it.
        private static let largestStructure: UInt64 = 1 << 20
        /// `datastack_top` follows `datastack_chunk`.
        private static let dataStackTop = 8
        /// The owner of the frame that is a variable of the interpreter loop: `FRAME_OWNED_BY_CSTACK` in 3.13,
        /// `FRAME_OWNED_BY_INTERPRETER` in 3.14.
        private static let loopOwner: UInt8 = 3
        /// `entries` in `_PyCodeArray`, after its size.
        private static let threadCodeEntries = 8
    }
}
