import ArgumentParser
import Glibc
import ProcFS
import SystemSupport

/// `sonde agent`: hands over to the program that has a server's libraries, which `sonde` does without.
struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Watch all processes of this host: leaks, thresholds, Prometheus metrics, alerts.",
        discussion: "Runs the program sonde-agent; `sonde agent --help` shows its options."
            + ExitStatusHelp.text(
                [
                    0: "ended by a signal, or checked", 126: "the program sonde-agent can't be run",
                    127: "the program sonde-agent is missing",
                ], without: [77, 130, 141]))

    @Argument(parsing: .captureForPassthrough, help: "The agent's own options.")
    var arguments: [String] = []

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in try execute() }
    }

    private func execute() throws(CommandFailure) {
        let path = try Self.program()
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        // Safe: the array ends in nil, and its strings live until the program is replaced, or longer.
        unsafe execv(path, pointers)
        let number = errno
        unsafe pointers.forEach { unsafe free($0) }
        throw CommandFailure("can't run \(printable(path)): \(errorText(number))", exitCode: 126)
    }

    /// Beside Sonde's own binary, or where a package puts programs that are not for the command line.
    private static func program() throws(CommandFailure) -> String {
        let directory = try InstalledPrograms.directory()
        let places = ["\(directory)/sonde-agent", "\(directory)/../libexec/sonde/sonde-agent"]
        if let found = places.first(where: { unsafe access($0, X_OK) == 0 }) { return found }
        throw CommandFailure(
            "the program sonde-agent is missing: it is neither \(printable(places.joined(separator: " nor "))). "
                + "Install it there, or run the agent from a checkout by `tools/sonde agent`, which builds it",
            exitCode: 127)
    }
}
