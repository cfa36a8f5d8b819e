package import Glibc

/// A file that Sonde writes where a user said, and the only way to do that.
///
/// A link is never followed at the end of the path, and on the way there only a trusted user's (`OutputPlace`). A block
/// device is never written to. Character devices (`/dev/null`), pipes of trusted users and `/dev/stdout`, `/dev/stderr` and
/// `/dev/fd/N` (Sonde's own descriptors, whatever they lead to) are written to and never replaced. Where root writes, a new
/// file is for its owner alone; under sudo it is given to the user who called, if the directory is that user's or
/// everybody's.
package struct OutputFile: ~Copyable {
    package let path: String
    /// Where a new file gets its name; `nil` for what is written in place.
    private let place: OutputPlace?
    private let descriptor: OwnedDescriptor
    private var state: State
    /// Whether a write waits for a slow reader.
    private let waits: Bool

    private enum State {
        /// The bytes go to what the path leads to.
        case inPlace
        /// A new file without a name.
        case nameless
        /// A new file with a name of its own, where the file system has no nameless ones.
        case hidden(String)
    }

    /// For a file that appears, or replaces an older one, when it is published.
    ///
    /// Until then it has no name where the file system allows that, so that nothing is left behind if Sonde is killed.
    ///
    /// - Parameters:
    ///   - permissions: of a new file, unless root writes; the umask applies.
    ///   - mayWait: called again and again while the path is a pipe that nobody reads; false gives up.
    package init(
        replacing path: String, permissions: mode_t = 0o644, whileNobodyReads mayWait: () -> Bool = { false }
    ) throws(OutputError) {
        self.path = path
        waits = true
        if let own = try Self.ownDescriptor(path) {
            descriptor = own
            place = nil
            state = .inPlace
            return
        }
        let found = try OutputPlace(path)
        if let handle = try found.handle() {
            let status = try Self.status(of: handle, path)
            guard status.kind == .regular else {
                descriptor = try Self.opened(handle, status, found, mayWait)
                place = nil
                state = .inPlace
                Self.makeBlocking(descriptor)
                return
            }
        }
        if let nameless = Self.nameless(in: found, permissions) {
            descriptor = nameless
            state = .nameless
        } else {
            let name = Self.hiddenName()
            descriptor = try Self.created(name, in: found, permissions)
            state = .hidden(name)
        }
        Self.giveToInvokingUser(descriptor, in: found)
        place = consume found
    }

    /// For a file that grows at its end, made if there is none.
    ///
    /// Never waits: a pipe without a reader is an error, and so is one that is full.
    package init(appendingTo path: String, permissions: mode_t = 0o640) throws(OutputError) {
        self.path = path
        place = nil
        state = .inPlace
        waits = false
        if let own = try Self.ownDescriptor(path) {
            descriptor = own
            return
        }
        let found = try OutputPlace(path)
        if let handle = try found.handle() {
            descriptor = try Self.opened(handle, try Self.status(of: handle, path), found) { false }
        } else {
            descriptor = try Self.created(found.name, in: found, permissions, flags: O_APPEND)
        }
    }

    deinit {
        guard case .hidden(let name) = state, let directory else { return }
        // Safe: the call only reads the name.
        unsafe unlinkat(directory, name, 0)
    }

    private var directory: Int32? {
        switch place {
        case .some(let place): place.directory.rawValue
        case .none: nil
        }
    }

    private var name: String? {
        switch place {
        case .some(let place): place.name
        case .none: nil
        }
    }

    /// Writes all bytes behind those before.
    package func write(_ bytes: [UInt8]) throws(OutputError) {
        try writeAll(bytes, to: descriptor.rawValue, named: path, waits: waits)
    }

    /// Gives a new file its name; what is written later is appended to it.
    package mutating func publish() throws(OutputError) {
        guard let directory, let name else { return }
        let hidden: String
        switch state {
        case .inPlace: return
        case .hidden(let name): hidden = name
        case .nameless:
            hidden = Self.hiddenName()
            // Safe: the call only reads the paths.
            let result = unsafe linkat(
                AT_FDCWD, "/proc/self/fd/\(descriptor.rawValue)", directory, hidden, AT_SYMLINK_FOLLOW)
            guard result == 0 else { throw .failed(.create, path: path, errno: errno) }
            state = .hidden(hidden)
        }
        // Safe: the call only reads the names.
        guard unsafe renameat(directory, hidden, directory, name) == 0 else {
            throw .failed(.replace, path: path, errno: errno)
        }
        state = .inPlace
    }
}

extension OutputFile {
    private static func status(
        of handle: borrowing OwnedDescriptor, _ path: String
    ) throws(OutputError) -> FileStatus {
        do throws(SystemCallError) { return try handle.status() } catch {
            throw .failed(.open, path: path, errno: error.errno)
        }
    }

    /// Another descriptor of what `/dev/stdout`, `/dev/stderr`, `/dev/fd/N` or `/proc/self/fd/N` names; `nil` for other
    /// paths.
    ///
    /// Those are links into `/proc` that the kernel would follow to any file.
    private static func ownDescriptor(_ path: String) throws(OutputError) -> OwnedDescriptor? {
        let number: Int32?
        switch path {
        case "/dev/stdout": number = STDOUT_FILENO
        case "/dev/stderr": number = STDERR_FILENO
        default:
            let prefix = ["/dev/fd/", "/proc/self/fd/"].first(where: path.hasPrefix)
            number = prefix.flatMap { Int32(path.dropFirst($0.count)) }
        }
        guard let number else { return nil }
        let flags = fcntl(number, F_GETFL)
        guard flags != -1, flags & O_ACCMODE != O_RDONLY, let own = try? OwnedDescriptor(duplicating: number) else {
            throw .closed(path: path)
        }
        let status = try status(of: own, path)
        guard status.kind != .blockDevice else { throw .unsuitable(path: path, status.kind) }
        return own
    }

    /// Opens the very file that was judged, in place.
    private static func opened(
        _ handle: borrowing OwnedDescriptor, _ status: FileStatus, _ place: borrowing OutputPlace,
        _ mayWait: () -> Bool
    ) throws(OutputError) -> OwnedDescriptor {
        let path = place.path
        switch status.kind {
        case .characterDevice: break
        case .regular, .pipe:
            guard place.users.contains(status.owner) else {
                throw .foreign(path: path, status.kind, owner: status.owner)
            }
            guard status.kind == .pipe || status.links == 1 else { throw .manyNames(path: path) }
        case .directory: throw .directory(path: path)
        case .symbolicLink: throw .link(path: path)
        case .blockDevice, .socket, .other: throw .unsuitable(path: path, status.kind)
        }
        while true {
            do throws(SystemCallError) {
                return try OwnedDescriptor(
                    opening: "/proc/self/fd/\(handle.rawValue)", flags: O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY)
            } catch {
                guard error.errno == ENXIO, status.kind == .pipe else {
                    throw .failed(.open, path: path, errno: error.errno)
                }
            }
            guard mayWait() else { throw .noReader(path: path) }
        }
    }

    /// Of a pipe or device that was opened without waiting for anybody.
    private static func makeBlocking(_ descriptor: borrowing OwnedDescriptor) {
        let flags = fcntl(descriptor.rawValue, F_GETFL)
        if flags != -1 { _ = fcntl(descriptor.rawValue, F_SETFL, flags & ~O_NONBLOCK) }
    }

    private static func nameless(in place: borrowing OutputPlace, _ permissions: mode_t) -> OwnedDescriptor? {
        try? OwnedDescriptor(
            opening: ".", in: place.directory.rawValue, flags: temporaryFile | O_WRONLY, mode: mode(permissions))
    }

    private static func created(
        _ name: String, in place: borrowing OutputPlace, _ permissions: mode_t, flags: Int32 = 0
    ) throws(OutputError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            return try OwnedDescriptor(
                opening: name, in: place.directory.rawValue,
                flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | flags, mode: mode(permissions))
        } catch {
            throw .failed(.create, path: place.path, errno: error.errno)
        }
    }

    private static func mode(_ permissions: mode_t) -> mode_t { geteuid() == 0 ? 0o600 : permissions }

    /// `O_TMPFILE` (open(2)), which Glibc's module doesn't show.
    private static let temporaryFile: Int32 = 0o20000000 | O_DIRECTORY

    private static func hiddenName() -> String { ".sonde-\(getpid())-\(UInt64.random(in: 0...UInt64.max))" }

    private static func giveToInvokingUser(_ descriptor: borrowing OwnedDescriptor, in place: borrowing OutputPlace) {
        guard let invoker = InvokingUser.current, let directory = try? place.directory.status(),
            directory.owner == invoker.user || directory.permissions & S_IWOTH != 0
        else { return }
        _ = fchown(descriptor.rawValue, invoker.user, invoker.group)
    }
}

/// Writes all bytes to a descriptor that someone else owns, such as a standard stream.
///
/// - Parameters:
///   - name: what errors call it.
///   - waits: whether to wait for a reader that is slow, where the descriptor itself doesn't block.
package func writeAll(
    _ bytes: [UInt8], to descriptor: Int32, named name: String, waits: Bool = true
) throws(OutputError) {
    var written = 0
    while written < bytes.count {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            // Safe: the range lies inside of the buffer.
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
            return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
        }
        if count > 0 { written += count }
        guard count <= 0 else { continue }
        let number = errno
        if number == EAGAIN, waits {
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            // Safe: the structure outlives the call.
            unsafe poll(&request, 1, -1)
        } else if number != EINTR {
            throw .incomplete(path: name, errno: number, written: written)
        }
    }
}
