import TestSupport

/// A file system of a size, in memory; unmounted when it goes.
final class TemporaryFileSystem: Sendable {
    /// Whether one can be mounted here: not in every container, even as root.
    static let isPossible = Privileges.isRoot && (try? TemporaryFileSystem(size: "64k")) != nil

    private let directory: TemporaryDirectory

    var path: String { directory.path }

    init(size: String) throws {
        directory = try TemporaryDirectory()
        let mount = try Child(["mount", "-t", "tmpfs", "-o", "size=\(size),mode=755", "tmpfs", directory.path])
        let status = try mount.exitStatus()
        guard status == .exited(0) else { throw Failure(status: status) }
    }

    private struct Failure: Error { let status: ExitStatus }

    deinit {
        _ = try? Child(["umount", "--lazy", directory.path]).exitStatus()
    }
}
