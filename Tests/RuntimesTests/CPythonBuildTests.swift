internal import ObjectFiles
internal import ProfileModel
internal import Runtimes
internal import TestSupport
internal import Testing

@Suite("CPython in object files and processes")
struct CPythonBuildTests {
    private static let pythons = PythonInstallation.all.filter { (6...14).contains($0.minor) }

    /// The innermost function blocks in a system call.
    private static let script = """
        import os, threading

        def waiting_thread():
            threading.Event().wait()

        def innermost_function():
            print("ready", flush=True)
            os.read(0, 1)

        def outer_function():
            innermost_function()

        threading.Thread(target=waiting_thread, daemon=True).start()
        outer_function()
        """

    @Test(
        "an interpreter's memory has its threads, and their frames with their functions, where the layout says",
        .enabled(if: !pythons.isEmpty), arguments: pythons)
    func readsRunningInterpreter(python: PythonInstallation) throws {
        let process = try PythonProcess(python, script: Self.script)
        let (build, memory) = (process.build, process.memory)
        #expect(build.version.minor == python.minor && build.version.isFreeThreaded == python.isFreeThreaded)
        let interpreter = try process.interpreter()
        #expect(try memory.pointer(at: interpreter + build.layout.interpreter.next) == nil)
        let threads = try process.threads(of: interpreter)
        try #require(threads.count == 2)
        for thread in threads {
            #expect(try memory.pointer(at: thread + build.layout.thread.interpreter) == interpreter)
            #expect(try memory.pointer(at: thread + build.layout.thread.threadID) != nil)
        }
        let main = try Self.mainThread(among: threads, in: process)
        let names = try Self.names(of: main, in: process)
        #expect(names == ["innermost_function", "outer_function", "<module>"], "\(names)")
        if let offset = build.layout.thread.nativeThreadID {
            #expect(try memory.word(at: main + offset) == UInt64(process.program.pid))
        }
        let other = try #require(threads.first { $0 != main })
        #expect(try eventually { try Self.names(of: other, in: process).contains("waiting_thread") })
    }

    @Test(
        "a frame's code object has the line where its function begins, and its instruction is inside",
        .enabled(if: !pythons.isEmpty), arguments: pythons)
    func readsCode(python: PythonInstallation) throws {
        let process = try PythonProcess(python, script: Self.script)
        let (layout, memory) = (process.build.layout, process.memory)
        let threads = try process.threads(of: try process.interpreter())
        let main = try Self.mainThread(among: threads, in: process)
        let codeType = try #require(process.build.codeType)
        let frames = try process.frames(of: main)
        try #require(frames.count == 3)
        for (frame, line) in zip(frames, [6, 10, 1] as [Int32]) {
            let code = try process.code(of: frame)
            let header = memory.bytes(at: code, count: 32)
            let types = stride(from: 0, to: 32, by: 8).map { header.littleEndianWord(at: $0) }
            #expect(types.contains(process.address(of: codeType).rawValue))
            #expect(try process.int(at: code + layout.code.firstLine) == line)
            let offset = try process.instructionOffset(of: frame, code)
            #expect((0..<400).contains(offset) && offset % 2 == 0)
            let fileName = try #require(try memory.pointer(at: code + layout.code.fileName))
            #expect(process.isText(fileName, "<string>"))
            let table = try #require(try memory.pointer(at: code + layout.code.lineTable))
            #expect(memory.bytes(at: table, count: 33).count == 33)
            if let bytes = layout.code.instructionBytes { #expect(try memory.pointer(at: code + bytes) != nil) }
            if let offset = layout.code.qualifiedName {
                let name = try #require(try memory.pointer(at: code + offset))
                #expect(process.isText(name, try Self.name(of: frame, in: process)))
            }
        }
        if let stack = layout.thread.dataStack {
            let top = try memory.word(at: main + stack.top)
            let chunk = try memory.word(at: main + stack.chunk)
            for frame in frames { #expect((chunk..<top).contains(frame.rawValue)) }
        }
    }

    @Test(
        "while all threads wait, the lock is free, and one of them had it last",
        .enabled(if: !pythons.isEmpty), arguments: pythons.filter { $0.minor >= 7 })
    func readsLock(python: PythonInstallation) throws {
        let process = try PythonProcess(python, script: Self.script)
        let memory = process.memory
        let interpreter = try process.interpreter()
        let threads = try process.threads(of: interpreter)
        guard case .runtime(let runtime) = process.build.state else {
            Issue.record("no runtime")
            return
        }
        let (locked, holder) = try Self.lock(of: interpreter, runtime, in: process)
        #expect(try eventually { try process.int(at: locked) == 0 })
        if let enabled = process.build.layout.lock?.enabled, process.build.version.isFreeThreaded {
            let start = try process.pointer(at: interpreter, process.build.layout.interpreter.lock)
            #expect(try process.int(at: start + enabled) == 0)
        } else {
            let last = try #require(try memory.pointer(at: holder))
            #expect(threads.contains(last))
        }
        if let current = process.build.layout.runtime?.currentThread {
            #expect(try memory.pointer(at: process.address(of: runtime) + current) == nil)
        }
    }

    @Test(
        "the modules are a dictionary", .enabled(if: !pythons.isEmpty), arguments: pythons)
    func readsModules(python: PythonInstallation) throws {
        let process = try PythonProcess(python, script: Self.script)
        let memory = process.memory
        let modules = try #require(
            try memory.pointer(at: try process.interpreter() + process.build.layout.interpreter.modules))
        // Objects of free-threaded builds have two words more before the type, and types two words more before the name.
        let extra = python.isFreeThreaded ? 16 : 0
        let type = try #require(try memory.pointer(at: modules + 8 + extra))
        let name = try #require(try memory.pointer(at: type + 24 + extra))
        #expect(memory.bytes(at: name, count: 5) == Array("dict\0".utf8))
    }

    @Test(
        "the loop is code of the file that has the interpreter", .enabled(if: !pythons.isEmpty), arguments: pythons)
    func findsLoop(python: PythonInstallation) throws {
        let process = try PythonProcess(python, script: Self.script)
        try #require(!process.build.loop.isEmpty)
        for part in process.build.loop {
            let symbol = process.object.symbol(containing: part.lowerBound)
            #expect(symbol?.name.hasPrefix("_PyEval_EvalFrameDefault") == true)
        }
    }

    private static func lock(
        of interpreter: Address, _ runtime: FileAddress, in process: PythonProcess
    ) throws -> (Address, Address) {
        let layout = process.build.layout
        let lock = try #require(layout.lock)
        let start =
            if let offset = layout.runtime?.lock { process.address(of: runtime) + offset } else {
                try process.pointer(at: interpreter, layout.interpreter.lock)
            }
        return (start + lock.locked, start + lock.lastHolder)
    }

    private static func mainThread(among threads: [Address], in process: PythonProcess) throws -> Address {
        let main = try threads.first { try names(of: $0, in: process).contains("innermost_function") }
        return try #require(main)
    }

    private static func names(of thread: Address, in process: PythonProcess) throws -> [String] {
        try process.frames(of: thread).map { try name(of: $0, in: process) }
    }

    private static func name(of frame: Address, in process: PythonProcess) throws -> String {
        let code = try process.code(of: frame)
        let name = try #require(try process.memory.pointer(at: code + process.build.layout.code.name))
        return ["innermost_function", "outer_function", "<module>", "waiting_thread"].first {
            process.isText(name, $0)
        } ?? "?"
    }
}
