import Glibc

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
