import Foundation
import Glibc
import ProfileModel
import Runtimes
import TestSupport
import Testing

/// An interpreter of CPython that is installed here.
struct Interpreter: Sendable, CustomTestStringConvertible {
    let path: String
    let version: CPythonVersion

    var testDescription: String { "\(version)" }

    /// One of each version.
    static let all: [Interpreter] = {
        let found = PythonInstallation.all.compactMap { Interpreter(at: $0.path) }.map { ($0.version, $0) }
        return Dictionary(found) { first, _ in first }.values.sorted { $0.version < $1.version }
    }()

    private init?(at path: String) {
        let script = """
            import sys, sysconfig
            print(*sys.version_info[:3], sysconfig.get_config_var("Py_GIL_DISABLED") or 0, sys.implementation.name)
            """
        guard let result = try? run([path, "-c", script]), result.status == .exited(0) else { return nil }
        let words = result.output.split(whereSeparator: \.isWhitespace)
        let numbers = words.compactMap { Int($0) }
        guard words.last == "cpython", numbers.count == 4, numbers[0] == 3 else { return nil }
        self.path = path
        version = CPythonVersion(numbers[0], numbers[1], numbers[2], isFreeThreaded: numbers[3] == 1)
    }
}

/// An interpreter that has run a script of `Python`, which printed what it knows of its own objects and waits.
struct ScriptedPython {
    let memory: ProcessMemory
    let objects: CPythonObjects
    private let child: Child
    private let facts: Data

    init(_ interpreter: Interpreter, running script: String) throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Python")
        let source = try String(contentsOf: directory.appending(path: "\(script).py"), encoding: .utf8)
        // Printed at once at the end: the objects are there then.
        let end = "\nimport json, sys\nprint(json.dumps(facts), flush=True)\nsys.stdin.read()\n"
        child = try Child([interpreter.path, "-c", source + end], environment: ["PYTHONIOENCODING": "utf-8"])
        facts = Data(try child.line(within: 60).utf8)
        memory = try ProcessMemory(of: child.pid)
        objects = CPythonObjects(layout: try #require(CPythonObjectLayout(interpreter.version)), memory: memory)
    }

    func facts<Facts: Decodable>(_ type: Facts.Type = Facts.self) throws -> Facts {
        try JSONDecoder().decode(type, from: facts)
    }
}

/// The memory of a process of this user.
final class ProcessMemory: RuntimeMemory {
    private let file: FileHandle

    init(of pid: Int32) throws {
        file = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(pid)/mem"))
    }

    func bytes(at address: Address, count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Safe: the buffer has room for `count` bytes.
            let read = unsafe pread(
                file.fileDescriptor, buffer.baseAddress, count, off_t(truncatingIfNeeded: address.rawValue))
            initialized = max(0, read)
        }
    }
}
