import AgentConfiguration
import Glibc
import SystemSupport

/// The file of a listening socket.
struct UnixSocketFile: Sendable {
    /// Where it is: at the configured path, or where a link there leads that root or the agent's user has made.
    let path: String
    private let address: ListenAddress

    init(path: String) {
        self.path = Self.target(of: path) ?? path
        address = .unix(path: path)
    }

    private static func target(of path: String) -> String? {
        var status = stat()
        // Safe: the structure outlives the call.
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK,
            status.st_uid == 0 || status.st_uid == geteuid()
        else { return nil }
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        // Safe: the call fills at most the bytes given.
        let count = unsafe readlink(path, &target, target.count)
        guard count > 0 else { return nil }
        let text = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.hasPrefix("/") ? text : nil
    }

    /// Removes the file of a socket on which no process listens any more, and nothing else, so that a new one can be made.
    func prepare() throws(WebServerError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .cannotListen(address, reason: errorText(errno)) }
            return
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        guard try !answers() else { throw .addressInUse(address) }
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .cannotListen(address, reason: "its old socket can't be removed: \(errorText(errno))")
        }
    }

    /// Lets the owner and the group connect, others not.
    func restrict() throws(WebServerError) {
        guard unsafe chmod(path, 0o660) == 0 else {
            throw .cannotListen(address, reason: "its mode can't be set: \(errorText(errno))")
        }
    }

    func remove() { unsafe unlink(path) }

    private func answers() throws(WebServerError) -> Bool {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .cannotListen(address, reason: errorText(errno)) }
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        // Safe: the path is shorter than sun_path, which begins as zeros.
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        // Safe: sockaddr is the common head of all socket addresses.
        let result = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, size) }
        }
        // EAGAIN: its queue is full, so a process listens.
        return result == 0 || errno == EAGAIN || errno == EACCES
    }
}
