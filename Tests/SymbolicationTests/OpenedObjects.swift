import Glibc
import ObjectFiles
import ProfileModel
import SystemSupport

/// An object file opened by its path.
func openObject(_ path: String) throws -> ObjectFile {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ObjectFileError.unreadable(path: path, errno: errno) }
    return try ObjectFile(
        id: ObjectID(rawValue: 1), path: path, descriptor: OwnedDescriptor(owning: descriptor))
}
