import Glibc

/// A file that appears, or replaces an older one, in one step and only when it is complete.
///
/// The new file has no name until then, so that nothing is left behind when Sonde is killed. A device or a pipe is written
/// to and never replaced: `/dev/null` stays what it is.
struct OutputFile: ~Copyable {
    let path: String
    private let descriptor: Int32
    private let kind: Kind

    private enum Kind {
        /// A new file without a name.
        case nameless
        /// A new file of that name, where the file system has no nameless ones.
        case hidden(String)
        /// What `path` leads to.
        case special
    }

    /// Makes sure that `path` can be written, before anything else happens.
    init(at path: String) throws(OutputError) {
        self.path = path
        var status = stat()
        let exists = unsafe stat(path, &status) == 0
        switch status.st_mode & S_IFMT {
        case S_IFDIR where exists: throw OutputError(action: .replace, path: path, errno: EISDIR)
        case S_IFREG where exists, _ where !exists: (descriptor, kind) = try Self.create(beside: path)
        default: (descriptor, kind) = (try Self.openSpecial(path), .special)
        }
        giveToInvokingUser()
    }

    deinit {
        close(descriptor)
        if case .hidden(let name) = kind { unsafe unlink(name) }
    }

    private static func create(beside path: String) throws(OutputError) -> (Int32, Kind) {
        let nameless = unsafe open(directory(of: path), temporaryFileFlag | O_WRONLY | O_CLOEXEC, 0o644)
        if nameless >= 0 { return (nameless, .nameless) }
        let name = hiddenName(beside: path)
        let hidden = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard hidden >= 0 else { throw OutputError(action: .create, path: path, errno: errno) }
        return (hidden, .hidden(name))
    }

    private static func openSpecial(_ path: String) throws(OutputError) -> Int32 {
        let number = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
        guard number >= 0 else { throw OutputError(action: .write, path: path, errno: errno) }
        var status = stat()
        // Another file may have come in its place, which must not be overwritten in part.
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT != S_IFREG else {
            close(number)
            throw OutputError(action: .write, path: path, errno: EEXIST)
        }
        return number
    }

    /// Writes the content and gives the file its name.
    consuming func replace(with bytes: [UInt8]) throws(OutputError) {
        do {
            try StandardStream(descriptor: descriptor).write(bytes)
        } catch {
            throw OutputError(action: .write, path: path, errno: error.errno)
        }
        switch kind {
        case .special: break
        case .hidden(let name): try rename(name)
        case .nameless: try rename(link())
        }
    }

    /// Gives the nameless file a name.
    private func link() throws(OutputError) -> String {
        let name = Self.hiddenName(beside: path)
        guard unsafe linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 else {
            throw OutputError(action: .create, path: path, errno: errno)
        }
        return name
    }

    private func rename(_ name: String) throws(OutputError) {
        guard unsafe Glibc.rename(name, path) == 0 else {
            let failure = OutputError(action: .replace, path: path, errno: errno)
            unsafe unlink(name)
            throw failure
        }
    }

    /// `O_TMPFILE` (open(2)), which Glibc's module doesn't show.
    private static let temporaryFileFlag: Int32 = 0o20000000 | O_DIRECTORY

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func hiddenName(beside path: String) -> String {
        "\(directory(of: path))/.sonde-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    }

    /// Under sudo, the file belongs to the user who called, if the directory is that user's or everybody's.
    private func giveToInvokingUser() {
        if case .special = kind { return }
        guard geteuid() == 0, let user = Console.environment("SUDO_UID").flatMap(UInt32.init),
            let group = Console.environment("SUDO_GID").flatMap(UInt32.init)
        else { return }
        var place = stat()
        guard unsafe stat(Self.directory(of: path), &place) == 0,
            place.st_uid == user || place.st_mode & S_IWOTH != 0
        else { return }
        _ = fchown(descriptor, user, group)
    }
}
