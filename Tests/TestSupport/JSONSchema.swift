package import Foundation

/// Checks documents against docs/json.schema.json.
package enum JSONSchema {
    /// What is wrong with a command's output, a line for each fault; empty when it is valid.
    ///
    /// - Parameter document: the command, such as `dump`.
    package static func faults(in output: Data, document: String) throws -> String {
        let checker = Locations.checkout.appending(path: "tools/lib/check-json").path
        // Debian's Python has the package that the checker needs.
        let result = try run(["/usr/bin/python3", checker, document], input: output)
        guard result.status == .exited(0) || result.status == .exited(1), result.errors.isEmpty else {
            throw TestSupportError.failed(command: checker, status: result.status, output: result.errors)
        }
        return result.output
    }
}
