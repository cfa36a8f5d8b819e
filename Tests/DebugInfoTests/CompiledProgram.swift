import DebugInfo
import Foundation
import Glibc
import ObjectFiles
import ProfileModel
import SystemSupport
import TargetProcess
import TestSupport

/// A small program with calls inlined two deep, and its debug information.
struct CompiledProgram {
    static let source = """
        volatile int sink;
        static inline __attribute__((always_inline)) int deepest(int value) {
            sink = value * 3;
            return sink + 1;
        }
        static inline __attribute__((always_inline)) int middle(int value) {
            int result = deepest(value + 1);
            return result ^ 5;
        }
        __attribute__((noinline)) int work(int value) {
            int sum = 0;
            for (int index = 0; index < value; index++) sum += middle(index);
            return sum;
        }
        int main(int argc, char **argv) { return work(argc) & 1; }

        """

    /// Calls the same functions once more.
    static let more = """
        __attribute__((noinline)) int more(int value) { return middle(value) + deepest(value + 2); }

        """

    let workshop: Workshop
    let path: String

    /// - Parameters:
    ///   - options: of the compiler beside `-O2`.
    ///   - others: the contents of other files by their names.
    ///   - commands: run afterwards in the directory of the program, whose name is `program`.
    init(
        _ options: [String], source: String = source, beside others: [String: String] = [:],
        then commands: [String] = []
    ) throws {
        workshop = try Workshop()
        path = "\(workshop.directory)/program"
        try workshop.write(source, to: "program.c")
        for (name, content) in others { try workshop.write(content, to: name) }
        try workshop.run(["gcc", "-O2"] + options + ["-o", "program", "program.c"])
        for command in commands { try workshop.run(["sh", "-c", command]) }
    }

    func open(number: UInt32 = 1) throws -> ObjectFile { try openObject(path, number: number) }

    func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

    func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: path)) }

    /// The addresses of a function's bytes.
    static func addresses(of function: String, in object: ObjectFile) -> [FileAddress] {
        guard let text = object.section(named: ".text") else { return [] }
        return (0..<text.size).map { FileAddress(rawValue: text.address.rawValue + $0) }
            .filter { object.symbol(containing: $0)?.name == function }
    }

    /// For each byte of the function `work` its calls: names, lines, and lines of functions.
    func calls() throws -> [[String]] {
        let object = try open()
        let store = DebugInformationStore()
        return Self.addresses(of: "work", in: object).map { address in
            store.calls(at: address, in: object).map(Self.text)
        }
    }

    private static func text(_ call: SourceCall) -> String {
        let source = call.source.map { source in
            let file = source.file.split(separator: "/").last ?? ""
            return "\(file):\(source.line) from \(source.functionLine.map(String.init) ?? "?")"
        }
        return "\(call.name ?? "?") \(source ?? "?")"
    }
}

/// An object file opened by its path, with its debug files.
func openObject(_ path: String, number: UInt32 = 1) throws -> ObjectFile {
    let root = try OwnedDescriptor(opening: "/", flags: OwnedDescriptor.place)
    return try ObjectFile(
        id: ObjectID(rawValue: number), path: path, descriptor: try OwnedDescriptor(opening: path, flags: O_RDONLY),
        debugFiles: OpenedDebugFiles(directories: DebugFileDirectories(targetRoot: root), path: path))
}

/// Debug files as the tracer opens them.
private struct OpenedDebugFiles: DebugFileSource {
    let directories: DebugFileDirectories
    let path: String

    func candidate(from index: Int, for query: DebugFileQuery, of object: ObjectID) -> DebugFileCandidate? {
        guard let found = directories.candidate(from: index, for: query, of: path) else { return nil }
        return DebugFileCandidate(index: found.index, file: found.take())
    }
}
