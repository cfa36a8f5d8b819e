import Foundation
import TestSupport
import Testing

/// The formats that `sonde record` writes, of a real program.
@Suite struct RecordFormatTests {
    private let program: TestProgram
    private let directory: TemporaryDirectory

    init() throws {
        program = try TestProgram("calibrated")
        directory = try TemporaryDirectory()
    }

    private func record(to name: String, _ arguments: String...) throws -> [UInt8] {
        let path = "\(directory.path)/\(name)"
        let result = try sonde(["record", "-p", "\(program.pid)", "-d", "0.5", "-r", "400", "-o", path] + arguments)
        #expect(result.status == .exited(0), "\(result.errors)")
        return [UInt8](try Data(contentsOf: directory.url.appending(path: name)))
    }

    @Test func `go tool pprof shows what a program did`() throws {
        let bytes = try record(to: "profile", "-f", "pprof")
        #expect(bytes.starts(with: [0x1F, 0x8B]))
        let command = ["go", "tool", "pprof", "-sample_index=cpu", "-top", "\(directory.path)/profile"]
        let result = try run(command, environment: ["HOME": directory.path])
        #expect(result.output.contains("Type: cpu") && result.output.contains("File: calibrated"))
        #expect(result.output.contains(#/%\s+hot\n/#) && result.output.contains(#/100%\s+main\n/#))
    }

    @Test(arguments: [
        ("a.pb.gz", "\u{1F}"), ("a.speedscope.json", "{\n\"$schema\""), ("a.json", "{\n\"schema\":1,"),
        ("a.perf", "calibrated "), ("a.folded", "calibrated;"), ("a.svg", "<?xml"), ("a", "<?xml"),
    ])
    func `The ending chooses the format`(name: String, start: String) throws {
        #expect(try record(to: name).starts(with: start.utf8))
    }
}
