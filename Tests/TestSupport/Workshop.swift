import Foundation

/// A temporary directory in which tests compile small programs; removed when it goes.
package final class Workshop: Sendable {
    private let place: TemporaryDirectory

    /// The path of the directory.
    package var directory: String { place.url.path }

    package init() throws { place = try TemporaryDirectory() }

    /// Writes a file into the directory.
    package func write(_ content: String, to name: String) throws { try place.write(content, to: name) }

    /// Writes `source` to `name` and runs `command` in the directory; returns the path of `product`.
    package func build(
        _ product: String, from source: String, in name: String, with command: String...
    ) throws -> String {
        try place.write(source, to: name)
        try run(command)
        return "\(directory)/\(product)"
    }

    /// Runs a command in the directory and returns what it printed.
    ///
    /// - Parameter input: the name of a file there that is its standard input.
    @discardableResult
    package func run(_ command: [String], input: String? = nil, within limit: Double = 120) throws -> String {
        let bytes = try input.map { try Data(contentsOf: place.url.appending(path: $0)) } ?? Data()
        let result = try TestSupport.run(command, input: bytes, directory: place.url, within: limit)
        guard result.status == .exited(0) else {
            throw TestSupportError.failed(
                command: command.joined(separator: " "), status: result.status, output: result.errors)
        }
        return result.output
    }
}
