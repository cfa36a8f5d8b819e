import Glibc
import ObjectFiles

/// An object file of the store, opened by its path.
func open(_ path: String, in store: ObjectFileStore) throws -> ObjectFile {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ObjectFileError.unreadable(path: path, errno: errno) }
    return try store.open(path: path, descriptor: FileDescriptor(owning: descriptor))
}
