import Foundation
import TestSupport
import Testing

/// `sonde record -- COMMAND`.
@Suite struct LaunchTests {
    private func launch(_ options: [String] = [], _ command: String...) throws -> CommandResult {
        try sonde(["record", "-f", "folded", "-o", "-", "-r", "500"] + options + ["--"] + command)
    }

    private var exits: String { Locations.testPrograms.appending(path: "exits").path }

    @Test func `Samples a command from its first instruction to its end`() throws {
        let result = try launch([], exits, "400")
        #expect(result.status == .exited(0))
        #expect(result.errors.contains("until it ended"))
        // The command writes to standard output too.
        let text = result.output.replacing("ready\n", with: "")
        let recording = try FoldedRecording(parsing: text, summary: result.errors)
        #expect(recording.samples { $0.passes(["exits", "_start", "main", "spin_until_exit"]) } > 0)
    }

    @Test func `Tells the command's exit status`() throws {
        #expect(try launch([], exits, "200", "7").errors.contains("exits exited with status 7"))
        #expect(try !launch([], exits, "200", "0").errors.contains("exited with status"))
    }

    @Test func `Passes the arguments on as they are`() throws {
        let script = "printf '<%s>' \"$@\"; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
        let result = try launch([], "sh", "-c", script, "name", "-d", "two words", "--", "*", "")
        #expect(result.output.hasPrefix("<-d><two words><--><*><>"))
    }

    @Test func `A command that isn't there`() throws {
        let result = try launch([], "no-such-command-anywhere")
        #expect(result.status == .exited(127))
        #expect(result.errors.contains("can't run no-such-command-anywhere: No such file or directory"))
    }

    @Test func `A file that can't be executed`() throws {
        let result = try launch([], "/etc/passwd")
        #expect(result.status == .exited(126))
        #expect(result.errors.contains("Permission denied"))
    }

    @Test func `A command that ends at once has nothing to show`() throws {
        let result = try launch([], "true")
        #expect([.exited(0), .exited(1)].contains(result.status))
    }

    @Test func `With descendants, what a shell starts is sampled`() throws {
        let result = try launch(["-s"], "sh", "-c", "'\(exits)' 300; '\(exits)' 300")
        let text = result.output.replacing("ready\n", with: "")
        let recording = try FoldedRecording(parsing: text, summary: result.errors)
        let shown = recording.stacks.filter { $0.frames.contains("spin_until_exit") }.map { $0.frames[0] }
        #expect(Set(shown).count == 2, "\(recording.stacks)")
    }
}
