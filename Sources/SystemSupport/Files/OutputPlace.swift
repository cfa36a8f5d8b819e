internal import CLinux
internal import Glibc

/// The directory and the name that an output's path leads to.
///
/// The directory is reached part by part and stays open, so that nobody can exchange a part of the path later. A symbolic
/// link on the way is followed only if the user whom Sonde works for, or root, made it: others plant links in directories
/// that everybody may write to.
struct OutputPlace: ~Copyable {
    let path: String
    let directory: OwnedDescriptor
    let name: String
    /// Whose links, pipes and files are trusted.
    let users: Set<uid_t>

    /// As many links as the kernel follows in a path (path_resolution(7)).
    private static let linkLimit = 40

    init(_ path: String, trusting users: Set<uid_t> = Self.trustedUsers) throws(OutputError) {
        self.path = path
        self.users = users
        var walk = try Walk(path)
        while let part = walk.takeDirectory() { try walk.enter(part, trusting: users) }
        guard let name = walk.name else { throw .directory(path: path) }
        self.name = name
        directory = walk.directory
    }

    static let trustedUsers: Set<uid_t> = [0, geteuid(), InvokingUser.current?.user ?? 0]

    /// A handle of what has the name (`O_PATH`); `nil` when there is nothing.
    func handle() throws(OutputError) -> OwnedDescriptor? {
        do throws(SystemCallError) {
            return try OwnedDescriptor(
                opening: name, in: directory.rawValue, flags: Int32(CLINUX_O_PATH) | O_NOFOLLOW)
        } catch {
            guard error.errno == ENOENT else { throw .failed(.open, path: path, errno: error.errno) }
            return nil
        }
    }

    /// The way to the directory.
    private struct Walk: ~Copyable {
        let path: String
        var directory: OwnedDescriptor
        /// Of the parts that remain, the next one last.
        var parts: [Substring]
        var links = 0

        init(_ path: String) throws(OutputError) {
            self.path = path
            guard !path.isEmpty, !path.utf8.contains(0) else { throw .failed(.create, path: path, errno: ENOENT) }
            directory = try Self.start(of: path[...], path)
            parts = Self.parts(of: path[...])
        }

        static func start(of text: Substring, _ path: String) throws(OutputError) -> OwnedDescriptor {
            do throws(SystemCallError) {
                return try OwnedDescriptor(
                    opening: text.hasPrefix("/") ? "/" : ".", flags: Int32(CLINUX_O_PATH) | O_DIRECTORY)
            } catch {
                throw .failed(.create, path: path, errno: error.errno)
            }
        }

        /// The last of the path first; empty at a slash at the end, after which there must be a directory.
        static func parts(of text: Substring) -> [Substring] {
            let parts = text.split(separator: "/").filter { $0 != "." }
            let endsInDirectory = text.hasSuffix("/") || text.hasSuffix("/.") || text == "."
            return (endsInDirectory ? parts + [""] : parts).reversed()
        }

        /// The next part that has to be a directory.
        mutating func takeDirectory() -> Substring? { parts.count > 1 ? parts.removeLast() : nil }

        /// What remains as the output's own name; `nil` for a directory.
        var name: String? {
            guard let last = parts.last, !last.isEmpty, last != ".." else { return nil }
            return String(last)
        }

        mutating func enter(_ part: Substring, trusting users: Set<uid_t>) throws(OutputError) {
            let handle = try open(String(part))
            let status = try status(of: handle)
            switch status.kind {
            case .directory: directory = handle
            case .symbolicLink:
                guard users.contains(status.owner) else {
                    throw .foreignLink(String(part), path: path, owner: status.owner)
                }
                try follow(handle, named: part)
            default: throw .failed(.create, path: path, errno: ENOTDIR)
            }
        }

        private mutating func follow(_ link: borrowing OwnedDescriptor, named part: Substring) throws(OutputError) {
            links += 1
            guard links <= linkLimit else { throw .failed(.create, path: path, errno: ELOOP) }
            var fileSystem: UInt32 = 0
            // Safe: the call fills the number.
            let isOfKernel =
                unsafe clinux_file_system_type(directory.rawValue, &fileSystem) == 0
                && fileSystem == Self.procFileSystem && part != "self" && part != "thread-self"
            guard !isOfKernel else { throw .kernelLink(String(part), path: path) }
            let target = try target(of: link)
            if target.hasPrefix("/") { directory = try Self.start(of: target[...], path) }
            parts += Self.parts(of: target[...]).drop { $0.isEmpty }
        }

        /// PROC_SUPER_MAGIC of statfs(2).
        private static let procFileSystem: UInt32 = 0x9FA0

        /// A handle of a directory, a link, or something that is neither.
        private func open(_ part: String) throws(OutputError) -> OwnedDescriptor {
            let flags = Int32(CLINUX_O_PATH) | O_NOFOLLOW
            do throws(SystemCallError) {
                // A directory is asked for first: that makes automount(8) do its work.
                return try OwnedDescriptor(opening: part, in: directory.rawValue, flags: flags | O_DIRECTORY)
            } catch  where error.errno == ENOTDIR {
            } catch {
                throw .failed(.create, path: path, errno: error.errno)
            }
            do throws(SystemCallError) {
                return try OwnedDescriptor(opening: part, in: directory.rawValue, flags: flags)
            } catch {
                throw .failed(.create, path: path, errno: error.errno)
            }
        }

        private func status(of handle: borrowing OwnedDescriptor) throws(OutputError) -> FileStatus {
            do throws(SystemCallError) { return try handle.status() } catch {
                throw .failed(.create, path: path, errno: error.errno)
            }
        }

        private func target(of link: borrowing OwnedDescriptor) throws(OutputError) -> String {
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
                // Safe: the call writes at most the buffer's count.
                count = unsafe buffer.withMemoryRebound(to: CChar.self) { text in
                    guard let start = text.baseAddress else { return 0 }
                    return unsafe max(0, readlinkat(link.rawValue, "", start, text.count))
                }
            }
            guard !bytes.isEmpty else { throw .failed(.create, path: path, errno: ENOENT) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
