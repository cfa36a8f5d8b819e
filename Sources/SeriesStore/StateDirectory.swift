import Foundation
import Glibc

/// The agent's state directory: of this user alone, and of one agent at a time.
///
/// The lock is the kernel's (flock(2)) and goes with the process, however it ends.
final class StateDirectory: Sendable {
    let path: String
    private let lock: Int32

    /// Makes the directory, mode 0700, if it isn't there.
    init(_ name: String) throws(SeriesStoreError) {
        try Self.create(name)
        try Self.checkLink(name)
        guard let resolved = unsafe realpath(name, nil) else { throw Self.failure(name) }
        // Safe: realpath gave a string of its own, freed once.
        defer { unsafe free(resolved) }
        path = unsafe String(cString: resolved)
        try Self.checkDirectory(path)
        lock = try Self.locked(path + "/sonde.lock")
    }

    deinit { close(lock) }

    private static func create(_ name: String) throws(SeriesStoreError) {
        do {
            try FileManager.default.createDirectory(
                atPath: name, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            // A file is in the way, or a symbolic link: what it is, the checks say.
            guard FileStatus(of: name) == nil else { return }
            throw .failed(path: name, reason: "the directory can't be made (\(Self.errorText(errno)))")
        }
    }

    /// A link is followed if nobody else could have placed it: systemd makes one for `DynamicUser=`.
    private static func checkLink(_ name: String) throws(SeriesStoreError) {
        guard let status = FileStatus(of: name) else { throw failure(name) }
        guard status.kind != S_IFLNK || status.owner == geteuid() || status.owner == 0 else {
            throw .notOwn(path: name, reason: "a symbolic link of user \(status.owner)")
        }
    }

    private static func checkDirectory(_ path: String) throws(SeriesStoreError) {
        guard let status = FileStatus(of: path) else { throw failure(path) }
        guard status.kind == S_IFDIR else { throw .notOwn(path: path, reason: "not a directory") }
        guard status.owner == geteuid() else {
            throw .notOwn(path: path, reason: "belongs to user \(status.owner), not to \(geteuid())")
        }
        guard status.permissions & 0o022 == 0 else { throw .notOwn(path: path, reason: "others may write to it") }
    }

    /// Refuses a file in the directory that is not this user's own plain file; one that isn't there is fine.
    func check(file: String) throws(SeriesStoreError) {
        guard let status = FileStatus(of: file) else {
            guard errno == ENOENT else { throw Self.failure(file) }
            return
        }
        guard status.kind == S_IFREG, status.links == 1, status.owner == geteuid() else {
            throw .notOwn(path: file, reason: "not a plain file that belongs to user \(geteuid())")
        }
    }

    /// Makes an empty file of mode 0600, if there is none.
    func touch(file: String) throws(SeriesStoreError) {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(file) }
        close(descriptor)
    }

    private static func locked(_ file: String) throws(SeriesStoreError) -> Int32 {
        let descriptor = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(file) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            throw number == EWOULDBLOCK ? .inUse(path: file) : .failed(path: file, reason: errorText(number))
        }
        return descriptor
    }

    /// By `errno`.
    private static func failure(_ path: String) -> SeriesStoreError {
        errno == ENOSPC ? .full(path: path) : .failed(path: path, reason: errorText(errno))
    }

    private static func errorText(_ number: Int32) -> String {
        // Safe: strerror returns a string that stays valid in this thread until its next call (glibc 2.32).
        unsafe String(cString: strerror(number))
    }
}

/// What lstat(2) says of a path.
struct FileStatus: Equatable {
    /// Such as `S_IFREG`.
    let kind: mode_t
    let permissions: mode_t
    let owner: uid_t
    let links: UInt64
    let size: UInt64
    let device: UInt64
    let inode: UInt64

    /// `nil` for one that can't be looked at; `errno` says why.
    init?(of path: String) {
        var status = stat()
        // Safe: the call fills the structure.
        guard unsafe lstat(path, &status) == 0 else { return nil }
        kind = status.st_mode & S_IFMT
        permissions = status.st_mode & 0o7777
        owner = status.st_uid
        links = UInt64(status.st_nlink)
        size = UInt64(clamping: status.st_size)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    func isSameFile(as other: Self) -> Bool { device == other.device && inode == other.inode }
}
