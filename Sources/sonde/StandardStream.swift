import Glibc
import ProcFS
import SystemSupport

/// An open descriptor that bytes are written to.
struct StandardStream {
    static let output = StandardStream(descriptor: STDOUT_FILENO)
    static let error = StandardStream(descriptor: STDERR_FILENO)

    let descriptor: Int32

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
        do { try output.write(Array(text.utf8)) } catch { throw CommandFailure("\(error)") }
    }

    /// Writes all bytes.
    func write(_ bytes: [UInt8]) throws(OutputError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                // Safe: the range lies inside of the buffer.
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw OutputError(action: .write, path: nil, errno: errno) }
            written += count
        }
    }
}

/// Why output could not be written.
struct OutputError: Error {
    enum Action: String {
        case create
        case write
        case replace
    }

    let action: Action
    /// `nil` for a standard stream.
    let path: String?
    let errno: Int32
}

extension OutputError: CustomStringConvertible {
    var description: String {
        "can't \(action.rawValue) \(path ?? "the output"): \(errorText(errno))\(remedy)"
    }

    private var remedy: String {
        switch errno {
        case EISDIR: "; name a file inside it"
        case ENOSPC, EDQUOT: "; free some space, or name another file with -o"
        case EACCES, EPERM, EROFS, ENOENT, ENOTDIR: "; name another file with -o FILE, or -o - for standard output"
        default: ""
        }
    }
}
