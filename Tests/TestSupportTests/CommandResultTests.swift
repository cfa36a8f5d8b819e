import Foundation
import TestSupport
import Testing

@Suite struct CommandResultTests {
    @Test func `Captures both outputs, the input and the status`() throws {
        let result = try run(
            ["/bin/sh", "-c", "cat; echo \"$WORD\" >&2; exit 5"], input: Data("in".utf8), environment: ["WORD": "err"])
        #expect(result.status == .exited(5))
        #expect(result.output == "in")
        #expect(result.errors == "err\n")
    }

    @Test func `A large output does not block the command`() throws {
        let result = try run(["/usr/bin/head", "-c", "3000000", "/dev/zero"])
        #expect(result.standardOutput.count == 3_000_000)
    }

    @Test func `A command that takes too long is killed`() {
        #expect(throws: TestSupportError.self) { try run(["/bin/sleep", "1000"], within: 0.1) }
    }

    @Test func `A missing command is an error`() {
        #expect(throws: TestSupportError.self) { try run(["/no/such/command"]) }
    }
}
