import Glibc
import SystemSupport

/// Standard output or standard error.
struct StandardStream {
    static let output = StandardStream(descriptor: STDOUT_FILENO, name: "standard output")
    static let error = StandardStream(descriptor: STDERR_FILENO, name: "standard error")

    private let descriptor: Int32
    private let name: String

    /// Takes the numbers of standard streams that are closed.
    ///
    /// A file that is opened later would get one of them, and with it what is meant for the stream.
    static func reserveNumbers() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // The lowest free number is the one taken: open(2).
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }

    var isWritable: Bool {
        let flags = fcntl(descriptor, F_GETFL)
        return flags != -1 && flags & O_ACCMODE != O_RDONLY
    }

    /// Writes text to standard output.
    static func show(_ text: String) throws(CommandFailure) {
        try output.writeResult(Array(text.utf8))
    }

    /// Writes what a command was asked for to standard output.
    ///
    /// - Parameter isTrusted: whether it may have colours; of what a confined process made, a terminal gets printable lines.
    func writeResult(_ bytes: [UInt8], isTrusted: Bool = true) throws(CommandFailure) {
        do {
            if isTrusted { try write(bytes) } else { try writeUntrusted(bytes) }
        } catch {
            throw CommandFailure(ofStandardOutput: error)
        }
    }

    /// Writes bytes of which nothing but line ends and tabs acts on a terminal.
    func writeUntrusted(_ bytes: [UInt8]) throws(OutputError) {
        try write(isatty(descriptor) == 1 ? PrintableText.lines(of: bytes) : bytes)
    }

    /// Writes all bytes.
    func write(_ bytes: [UInt8]) throws(OutputError) { try writeAll(bytes, to: descriptor, named: name) }
}
