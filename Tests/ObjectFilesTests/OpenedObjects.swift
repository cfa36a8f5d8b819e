import Foundation
import Glibc
import ObjectFiles
import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess

/// An object file opened by its path.
///
/// - Parameter root: the root directory of a target that has it mapped by that path; `nil`: no debug file is looked for.
func openObject(_ path: String, number: UInt32 = 1, debugFilesIn root: String? = "/") throws -> ObjectFile {
    try ObjectFile(
        id: ObjectID(rawValue: number), path: path, descriptor: try openDescriptor(path),
        debugFiles: try root.map { try TargetDebugFiles(root: $0, path: path) })
}

func openDescriptor(_ path: String) throws -> OwnedDescriptor {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ObjectFileError.unreadable(path: path, errno: errno) }
    return OwnedDescriptor(owning: descriptor)
}

func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

/// Debug files as the tracer opens them for a target with that root directory.
struct TargetDebugFiles: DebugFileSource {
    private let directories: DebugFileDirectories
    private let path: String

    /// - Parameter path: by which the target has the object file mapped.
    init(root: String, path: String) throws {
        directories = DebugFileDirectories(targetRoot: OwnedDescriptor(owning: try openDescriptor(root).release()))
        self.path = path
    }

    func candidate(from index: Int, for query: DebugFileQuery, of object: ObjectID) -> DebugFileCandidate? {
        guard let found = directories.candidate(from: index, for: query, of: path) else { return nil }
        return DebugFileCandidate(index: found.index, file: found.take())
    }
}
