package import Glibc

/// What fstat(2) says of a file.
package struct FileStatus: Hashable, Sendable {
    /// A file and its version: another one after each write.
    package struct Version: Hashable, Sendable {
        package let device: UInt64
        package let inode: UInt64
        package let size: UInt64
        package let modificationSeconds: Int
        package let modificationNanoseconds: Int
    }

    package enum Kind: String, Hashable, Sendable {
        case regular = "regular file"
        case directory
        case symbolicLink = "symbolic link"
        case characterDevice = "character device"
        case blockDevice = "block device"
        case pipe
        case socket
        case other = "file of an unknown kind"
    }

    package let version: Version
    package let kind: Kind
    package let owner: uid_t
    /// How many names it has (hard links).
    package let links: UInt64
    /// The lower twelve bits of `st_mode`.
    package let permissions: mode_t

    package var device: UInt64 { version.device }
    package var inode: UInt64 { version.inode }
    /// When it was written last, in UTC nanoseconds since 1970; `nil` of a time before.
    package var modified: UInt64? {
        guard let seconds = UInt64(exactly: version.modificationSeconds) else { return nil }
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? nil : whole &+ UInt64(max(0, version.modificationNanoseconds))
    }
    /// In bytes; 0 of what has no size.
    package var size: UInt64 { version.size }

    package init(of descriptor: Int32) throws(SystemCallError) {
        var status = stat()
        // Safe: the call fills the structure.
        guard unsafe fstat(descriptor, &status) == 0 else { throw SystemCallError(call: "fstat", errno: errno) }
        self.init(status)
    }

    /// Of what `path` leads to; of a symbolic link itself when links aren't followed.
    package init(
        path: String, in directory: Int32 = AT_FDCWD, followsLink: Bool = true
    ) throws(SystemCallError) {
        var status = stat()
        // Safe: the call reads the path and fills the structure.
        guard unsafe fstatat(directory, path, &status, followsLink ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemCallError(call: "fstatat", errno: errno)
        }
        self.init(status)
    }

    private init(_ status: stat) {
        version = Version(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: UInt64(max(0, status.st_size)),
            modificationSeconds: status.st_mtim.tv_sec, modificationNanoseconds: status.st_mtim.tv_nsec)
        kind = Kind(mode: status.st_mode)
        owner = status.st_uid
        links = UInt64(status.st_nlink)
        permissions = status.st_mode & 0o7777
    }
}

extension FileStatus.Kind {
    fileprivate init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .regular
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symbolicLink
        case S_IFCHR: self = .characterDevice
        case S_IFBLK: self = .blockDevice
        case S_IFIFO: self = .pipe
        case S_IFSOCK: self = .socket
        default: self = .other
        }
    }
}
