package import ObjectFiles
package import ProfileModel

/// The CPython that an object file contains: a program, `libpython`, or a program that embeds it.
package struct CPythonBuild: Hashable, Sendable {
    /// Where a process has the interpreters and the lock.
    package enum State: Hashable, Sendable {
        /// In `_PyRuntime` (3.7 and later).
        case runtime(FileAddress)
        /// In variables of their own (3.6): here is a pointer to the first `PyInterpreterState`.
        case variables(interpretersHead: FileAddress)
    }

    package let version: CPythonVersion
    package let layout: CPythonLayout
    package let state: State
    /// The code of the interpreter loop: `_PyEval_EvalFrameDefault`, and the parts that the compiler split off; in the order
    /// of their addresses, empty where no symbol gives it.
    package let loop: [Range<FileAddress>]
    /// The type of code objects.
    package let codeType: FileAddress?

    /// `nil` for a file that contains no CPython.
    package init?(of object: ObjectFile) throws(CPythonBuildError) {
        guard let symbols = try CPythonSymbols(of: object) else { return nil }
        let known: (version: CPythonVersion, layout: CPythonLayout)
        if let published = try symbols.debugOffsets(in: object) {
            known = (published.version, published.layout)
        } else {
            let version = try symbols.version(of: object)
            guard !symbols.hasTracedObjects else { throw .tracedObjects(version) }
            guard let layout = CPythonLayout.known(for: version) else { throw .unsupported(version) }
            known = (version, layout)
        }
        (version, layout) = known
        state = try symbols.state(version, in: object)
        loop = symbols.loop
        codeType = symbols["PyCode_Type"]
    }
}

/// Why the interpreter's structures can't be read although a file contains CPython.
package enum CPythonBuildError: Error, Hashable, Sendable {
    case symbols(ObjectFileError)
    case unknownVersion(path: String, CPythonVersionEvidence.Failure)
    case unsupported(CPythonVersion)
    case debugOffsets(path: String, CPythonDebugOffsetsError)
    /// A build that links all objects to each other (`Py_TRACE_REFS`).
    case tracedObjects(CPythonVersion)
    /// No symbol gives the place of the interpreters.
    case noState(path: String, CPythonVersion)

    package var message: String {
        switch self {
        case .symbols(let error): error.message
        case .unknownVersion(let path, let failure): "\(path): a CPython of unknown version: \(failure.text)"
        case .unsupported(let version): "CPython \(version) is not supported; Sonde reads 3.6 to 3.14"
        case .debugOffsets(_, .unsupported(let version)):
            "CPython \(version) is not supported; Sonde reads 3.6 to 3.14, and no alpha or beta releases"
        case .debugOffsets(let path, _):
            "\(path): what CPython publishes of its structures (_Py_DebugOffsets) is damaged; was the file replaced?"
        case .tracedObjects(let version):
            "CPython \(version) with Py_TRACE_REFS is not supported; use a build without --with-trace-refs or --with-pydebug"
        case .noState(let path, let version):
            "\(path): no symbol gives the interpreters of CPython \(version); install its debug symbols"
        }
    }
}

/// What the symbols of an object file say of the CPython in it.
private struct CPythonSymbols {
    private let places: [String: SymbolDefinition]
    /// The code of the interpreter loop.
    let loop: [Range<FileAddress>]
    /// `.PyRuntime`, which 3.10 and later begin with `_PyRuntime`.
    private let runtimeSection: FileAddress?

    /// `nil` where there is no interpreter loop, and no runtime in a section of its own.
    init?(of object: ObjectFile) throws(CPythonBuildError) {
        let found: [SymbolDefinition]
        do throws(ObjectFileError) {
            found = try object.definitions(ofSymbols: Self.names, andPartsOf: [Self.loopName])
        } catch {
            throw .symbols(error)
        }
        places = Dictionary(found.map { ($0.name, $0) }) { first, _ in first }
        runtimeSection = object.section(named: ".PyRuntime")?.address
        guard places[Self.loopName] != nil || runtimeSection != nil else { return nil }
        loop = Set(found.compactMap(Self.loopCode)).sorted { $0.lowerBound < $1.lowerBound }
    }

    subscript(name: String) -> FileAddress? { places[name]?.address }

    /// Whether all objects begin with two pointers more; builds for debugging have that up to 3.7.
    var hasTracedObjects: Bool { self["_Py_AddToAllObjects"] != nil }

    /// What 3.13 and later publish; `nil` before.
    func debugOffsets(in object: ObjectFile) throws(CPythonBuildError) -> CPythonDebugOffsets? {
        guard let runtime else { return nil }
        let bytes = object.bytes(at: runtime, count: CPythonDebugOffsets.byteCount)
        guard CPythonDebugOffsets.begin(bytes) else { return nil }
        do throws(CPythonDebugOffsetsError) {
            return try CPythonDebugOffsets(parsing: bytes)
        } catch {
            throw .debugOffsets(path: object.path, error)
        }
    }

    func version(of object: ObjectFile) throws(CPythonBuildError) -> CPythonVersion {
        if let variable = self["Py_Version"] {
            let bytes = object.bytes(at: variable, count: 8)
            if bytes.count == 8 { return CPythonVersion(hexadecimal: bytes.littleEndianWord(at: 0)) }
        }
        do throws(CPythonVersionEvidence.Failure) {
            return try CPythonVersionEvidence(in: object).version
        } catch {
            throw .unknownVersion(path: object.path, error)
        }
    }

    func state(
        _ version: CPythonVersion, in object: ObjectFile
    ) throws(CPythonBuildError) -> CPythonBuild.State {
        if version >= CPythonVersion(3, 7), let runtime { return .runtime(runtime) }
        guard version < CPythonVersion(3, 7), let head = self["interp_head"] ?? headThatCodeReads(in: object) else {
            throw .noState(path: object.path, version)
        }
        return .variables(interpretersHead: head)
    }

    private var runtime: FileAddress? { self["_PyRuntime"] ?? runtimeSection }

    /// The variable that `PyInterpreterState_Head` returns: `mov variable(%rip),%rax; ret`.
    private func headThatCodeReads(in object: ObjectFile) -> FileAddress? {
        guard let function = self["PyInterpreterState_Head"] else { return nil }
        let marker: [UInt8] = [0xF3, 0x0F, 0x1E, 0xFA]
        let code = object.bytes(at: function, count: 12)
        let start = code.starts(with: marker) ? marker.count : 0
        guard code.count >= start + 8, code[start..<start + 3].elementsEqual([0x48, 0x8B, 0x05]),
            code[start + 7] == 0xC3
        else { return nil }
        let distance = Int32(truncatingIfNeeded: code.littleEndianWord(at: start + 3, count: 4))
        let next = function.rawValue &+ UInt64(start + 7)
        return FileAddress(rawValue: next &+ UInt64(bitPattern: Int64(distance)))
    }

    private static func loopCode(_ definition: SymbolDefinition) -> Range<FileAddress>? {
        guard definition.name == loopName || definition.name.hasPrefix(loopName + ".") else { return nil }
        let (end, overflow) = definition.address.rawValue.addingReportingOverflow(definition.size)
        guard definition.size > 0, !overflow else { return nil }
        return definition.address..<FileAddress(rawValue: end)
    }

    private static let loopName = "_PyEval_EvalFrameDefault"
    private static let names = [
        loopName, "_PyRuntime", "PyCode_Type", "Py_Version", "_Py_AddToAllObjects",
        // Of 3.6.
        "interp_head", "PyInterpreterState_Head",
    ]
}
