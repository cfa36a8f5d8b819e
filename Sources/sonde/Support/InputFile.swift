import Glibc
import SystemSupport

/// A file that the user named, open for reading; `-` is standard input.
struct InputFile: ~Copyable {
    private let file: OwnedDescriptor?
    /// For as long as this owner lives.
    let number: Int32

    init(_ path: String) throws(CommandFailure) {
        guard path != "-" else {
            guard isatty(STDIN_FILENO) == 0 else {
                throw CommandFailure("standard input is a terminal; pipe something into it, or name a file")
            }
            file = nil
            number = STDIN_FILENO
            return
        }
        let opened = try Self.opened(path)
        number = opened.rawValue
        file = consume opened
    }

    private static func opened(_ path: String) throws(CommandFailure) -> OwnedDescriptor {
        do throws(SystemCallError) {
            // Without waiting for the writer of a pipe.
            let file = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
            guard try file.status().kind != .directory else { throw SystemCallError(call: "open", errno: EISDIR) }
            _ = fcntl(file.rawValue, F_SETFL, O_RDONLY)
            return file
        } catch {
            throw CommandFailure("\(printable(path)): \(errorText(error.errno)); name a file that can be read")
        }
    }

    /// The next bytes; none at the end.
    func read(upTo count: Int) throws(CommandFailure) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let number = number
        do throws(SystemCallError) {
            let count = try retryingInterrupted("read") {
                // Safe: the call writes into the buffer, within its bounds.
                unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
            }
            return Array(buffer[..<count])
        } catch {
            throw CommandFailure("\(errorText(error.errno)); name a file that can be read")
        }
    }
}
