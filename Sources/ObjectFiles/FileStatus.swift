internal import Glibc
internal import SystemSupport

/// What identifies a file and its version.
struct FileStatus: Sendable, Hashable {
    let device: UInt
    let inode: UInt
    let size: UInt64
    let modificationSeconds: Int
    let modificationNanoseconds: Int

    /// Throws for what is not a regular file.
    init(of descriptor: borrowing OwnedDescriptor, path: String) throws(ObjectFileError) {
        var status = stat()
        // Safe: fstat fills the structure.
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG, let size = UInt64(exactly: status.st_size) else {
            throw .notARegularFile(path: path)
        }
        device = status.st_dev
        inode = status.st_ino
        self.size = size
        modificationSeconds = status.st_mtim.tv_sec
        modificationNanoseconds = status.st_mtim.tv_nsec
    }
}
