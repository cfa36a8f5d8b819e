package import ObjectFiles
internal import ProfileModel

extension CPythonRuntime {
    package convenience init?(in object: ObjectFile, bias: UInt64, memory: any RuntimeMemory) {
        let names = ["_PyRuntime", "_PyEval_EvalFrameDefault", "Py_Version", "PyCode_Type"]
        guard let found = try? object.definitions(ofSymbols: names, andPartsOf: ["_PyEval_EvalFrameDefault"]),
            let runtime = found.first(where: { $0.name == "_PyRuntime" }),
            let v = found.first(where: { $0.name == "Py_Version" }),
            let number = try? memory.word(at: Address(rawValue: v.address.rawValue &+ bias))
        else { return nil }
        let version = CPythonVersion(hexadecimal: number)
        let layout: CPythonLayout
        switch version.minor {
        case 11:
            layout = CPythonLayout(
                runtime: .init(interpretersHead: 40, currentThread: nil, lock: nil),
                interpreter: .init(next: 0, threadsHead: 16, modules: 0, lock: nil), lock: nil,
                thread: .init(
                    next: 8, interpreter: 16, threadID: 152, nativeThreadID: 160,
                    frames: .controlFrame(56, current: 8, previous: 16), dataStack: .init(chunk: 296, top: 304)),
                frame: .init(byteCount: 72, previous: 48, code: 32, instruction: .pointer(56), entry: .flag(68)),
                code: .init(
                    byteCount: 184, name: 120, qualifiedName: 128, fileName: 112, firstLine: 72, lineTable: 136,
                    instructions: 184, instructionBytes: nil))
        case 12:
            layout = CPythonLayout(
                runtime: .init(interpretersHead: 40, currentThread: nil, lock: nil),
                interpreter: .init(next: 0, threadsHead: 72, modules: 0, lock: nil), lock: nil,
                thread: .init(
                    next: 8, interpreter: 16, threadID: 136, nativeThreadID: 144,
                    frames: .controlFrame(56, current: 0, previous: 8), dataStack: .init(chunk: 232, top: 240)),
                frame: .init(
                    byteCount: 72, previous: 8, code: 0, instruction: .pointer(56), entry: .owner(70, ofLoop: 3)),
                code: .init(
                    byteCount: 192, name: 120, qualifiedName: 128, fileName: 112, firstLine: 68, lineTable: 136,
                    instructions: 192, instructionBytes: nil))
        default: return nil
        }
        guard let objects = CPythonObjectLayout(version) else { return nil }
        let loops = found.filter { $0.name.hasPrefix("_PyEval_EvalFrameDefault") }.map {
            Address(rawValue: $0.address.rawValue &+ bias)..<Address(rawValue: $0.address.rawValue &+ bias &+ $0.size)
        }
        let type = found.first { $0.name == "PyCode_Type" }.map { Address(rawValue: $0.address.rawValue &+ bias) }
        self.init(
            layout: layout, interpretersHead: Address(rawValue: runtime.address.rawValue &+ bias &+ 40), loops: loops,
            reader: CPythonFunctionReader(layout: layout.code, objects: objects, codeType: type, memory: memory),
            memory: memory)
    }
}
