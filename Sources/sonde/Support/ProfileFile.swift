import Glibc
import ProfileFormats
import Profiles
import SystemSupport

/// A file with a profile, in any format that can be read.
enum ProfileFile {
    /// Larger files are refused before they fill the memory.
    private static let mostBytes = 512 << 20

    /// - Parameter path: `-` for standard input.
    static func read(_ path: String) throws(CommandFailure) -> Profile {
        let bytes = try bytes(of: path)
        do {
            return try ProfileReader().profile(reading: bytes)
        } catch {
            throw CommandFailure("\(name(of: path)): \(error)")
        }
    }

    private static func name(of path: String) -> String { path == "-" ? "standard input" : printable(path) }

    private static func bytes(of path: String) throws(CommandFailure) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure("\(name(of: path)): \(errorText(errno)); name a profile, or - for standard input")
        }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            // Safe: the call writes into the buffer, within its bounds.
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure("\(name(of: path)): \(errorText(errno))") }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= mostBytes else {
                throw CommandFailure("\(name(of: path)): more than \(NumberText.bytes(mostBytes))")
            }
        }
    }
}
