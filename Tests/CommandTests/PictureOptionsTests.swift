import Foundation
import TestSupport
import Testing

/// How a recording is shown.
@Suite struct PictureOptionsTests {
    @Test(arguments: [
        ("none", "all"), ("command", "calibrated"), ("process", "calibrated-PID"), ("thread", "calibrated-PID/PID"),
    ])
    func `Stacks stand on what --group-by names`(group: String, row: String) throws {
        let program = try TestProgram("calibrated")
        let result = try sonde(
            ["record", "-p", "\(program.pid)", "-d", "0.3", "-f", "folded", "-o", "-", "--group-by", group])
        #expect(result.status == .exited(0))
        let rows = Set(
            result.output.split(separator: "\n").compactMap { $0.split(separator: ";").first.map(String.init) })
        #expect(rows.contains(row.replacing("PID", with: "\(program.pid)")))
    }

    @Test func `A picture opens as the options ask`() throws {
        let program = try TestProgram("calibrated")
        let result = try sonde(
            [
                "record", "-p", "\(program.pid)", "-d", "0.3", "-f", "svg", "-o", "-", "--mode", "wall", "--no-icicle",
                "--inverted", "--order", "weight", "--no-idle",
            ])
        #expect(result.status == .exited(0))
        let view = #"data-root="bottom" data-inverted="true" data-order="weight" data-idle="hidden""#
        #expect(result.output.contains(view))
    }

    @Test func `The hottest functions are those of what is shown`() throws {
        let idle = try TestProgram("calibrated")
        let waiting = try Child(["sleep", "60"])
        let result = try sonde(
            [
                "record", "-p", "\(idle.pid),\(waiting.pid)", "-d", "0.5", "--mode", "wall", "--no-idle", "-f", "html",
                "-o", "-",
            ])
        #expect(result.status == .exited(0))
        #expect(result.errors.contains("calibrated") && !result.errors.contains("nanosleep"), "\(result.errors)")
        #expect(result.output.contains("calibrated, sleep"))
    }

    @Test(arguments: [
        (["-t", "--group-by", "none"], "-t and --group-by none exclude each other"),
        (["--no-idle"], "--no-idle needs --mode wall or off-cpu"),
        (["--inverted", "-f", "folded"], "--inverted applies to flame graphs"),
        (["--no-icicle", "-f", "folded"], "--no-icicle applies to flame graphs"),
        (["--colors", "object", "-f", "folded"], "--colors applies to flame graphs"),
        (["--order", "weight", "-f", "folded"], "--order applies to flame graphs"),
        (["--python-only", "--native-only"], "--python-only and --native-only exclude each other"),
    ])
    func `What contradicts itself is refused`(arguments: [String], message: String) throws {
        let result = try sonde(["record", "-p", "1"] + arguments)
        #expect(result.status == .exited(64) && result.errors.contains(message))
    }
}
