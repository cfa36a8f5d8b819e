package import Foundation

/// What a command did.
package struct CommandResult: Sendable {
    package let status: ExitStatus
    package let standardOutput: Data
    package let standardError: Data

    /// Standard output as text.
    package var output: String { String(decoding: standardOutput, as: UTF8.self) }

    /// Standard error as text.
    package var errors: String { String(decoding: standardError, as: UTF8.self) }
}

/// Runs a command to its end, with `input` as its standard input.
///
/// Throws, and kills it, when it takes longer than `limit` seconds.
package func run(
    _ command: [String], input: Data = Data(), environment: [String: String] = [:], directory: URL? = nil,
    within limit: Double = 60
) throws -> CommandResult {
    let child = try Child(command, environment: environment, directory: directory)
    if !input.isEmpty { try child.write(input) }
    child.closeInput()
    let status = try child.exitStatus(within: limit)
    child.waitForOutput(within: 5)
    return CommandResult(
        status: status, standardOutput: child.standardOutput, standardError: child.standardError)
}

/// Runs the `sonde` under test.
package func sonde(_ arguments: String..., environment: [String: String] = [:], within limit: Double = 60) throws
    -> CommandResult
{
    try sonde(arguments, environment: environment, within: limit)
}

/// Runs the `sonde` under test.
package func sonde(
    _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil, within limit: Double = 60
) throws -> CommandResult {
    try run([Locations.sonde.path] + arguments, environment: environment, directory: directory, within: limit)
}

/// Runs a command that has to succeed.
package func runSuccessfully(_ command: [String], directory: URL? = nil, within limit: Double = 120) throws {
    let result = try run(command, directory: directory, within: limit)
    guard result.status == .exited(0) else {
        throw TestSupportError.failed(
            command: command.joined(separator: " "), status: result.status, output: result.output + result.errors)
    }
}
