import Foundation
import Glibc
import ObjectFiles
import ProfileModel

/// An object file opened by its path.
func openObject(_ path: String, debugFiles: DebugFileSearch = .host) throws -> ObjectFile {
    try ObjectFile(
        id: ObjectID(rawValue: 1), path: path, descriptor: try openDescriptor(path), debugFiles: debugFiles)
}

func openDescriptor(_ path: String) throws -> FileDescriptor {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ObjectFileError.unreadable(path: path, errno: errno) }
    return FileDescriptor(owning: descriptor)
}

func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
