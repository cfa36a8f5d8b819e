import Glibc
import ProcFS
import SystemSupport

/// The directory of the store's files: of this user alone, and of one agent at a time.
///
/// The lock is the kernel's (flock(2)) and goes with the process, however it ends.
final class StoreDirectory: Sendable {
    let path: String
    private let lock: Int32

    /// Makes the directory, mode 0700, if it isn't there.
    init(_ name: String) throws(SeriesStoreError) {
        do throws(PrivateDirectoryError) {
            path = try PrivateDirectory(at: name).path
        } catch {
            throw SeriesStoreError(error)
        }
        lock = try Self.locked(path + "/sonde.lock")
    }

    deinit { close(lock) }

    /// Refuses a file in the directory that is not this user's own plain file; one that isn't there is fine.
    func check(file: String) throws(SeriesStoreError) {
        let status: FileStatus
        do { status = try FileStatus(path: file, followsLink: false) } catch {
            guard error.errno == ENOENT else { throw SeriesStoreError(errno: error.errno, path: file) }
            return
        }
        guard status.kind == .regular, status.links == 1, status.owner == geteuid() else {
            throw .notOwn(path: file, reason: "not a plain file that belongs to user \(geteuid())")
        }
    }

    /// Makes an empty file of mode 0600, if there is none.
    func touch(file: String) throws(SeriesStoreError) {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SeriesStoreError(errno: errno, path: file) }
        close(descriptor)
    }

    private static func locked(_ file: String) throws(SeriesStoreError) -> Int32 {
        let descriptor = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SeriesStoreError(errno: errno, path: file) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            throw number == EWOULDBLOCK ? .inUse(path: file) : SeriesStoreError(errno: number, path: file)
        }
        return descriptor
    }
}

extension SeriesStoreError {
    fileprivate init(errno number: Int32, path: String) {
        switch number {
        case ENOSPC: self = .full(path: path)
        case EACCES, EPERM: self = .notPermitted(path: path)
        default: self = .failed(path: path, reason: errorText(number))
        }
    }

    fileprivate init(_ error: PrivateDirectoryError) {
        switch error {
        case .notADirectory(let path): self = .notOwn(path: path, reason: "not a directory")
        case .foreign(let path, let user):
            self = .notOwn(path: path, reason: "belongs to user \(user), not to \(geteuid())")
        case .foreignLink(let path, let user):
            self = .notOwn(path: path, reason: "a symbolic link of user \(user)")
        case .writableByOthers(let path, _): self = .notOwn(path: path, reason: "others may write to it")
        case .failed(let path, let number): self.init(errno: number, path: path)
        }
    }
}
