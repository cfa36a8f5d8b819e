internal import CLinux
internal import Confinement
internal import FoundationEssentials
internal import Glibc
internal import ProfileModel
internal import SystemSupport
internal import WorkerProtocol

/// The directory where the library keeps what it has downloaded: that of all its programs, so that what gdb has downloaded is
/// there already; for a user who has none, a temporary one.
struct DownloadCache {
    let path: String

    /// Makes the directory.
    ///
    /// - Parameter home: the home directory of the process's user; `nil` for one who has none.
    init(home: String?, environment: (String) -> String?) throws(DownloadReply.Obstacle) {
        if let known = Self.path(home: home, environment) {
            path = known
            try? FileManager.default.createDirectory(
                atPath: known, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } else {
            // The caller's own directory may be closed to the process's user.
            let place = [environment("TMPDIR")].compactMap(\.self).first { unsafe access($0, W_OK | X_OK) == 0 }
            path = try Self.makeTemporary(in: place ?? "/tmp")
        }
        guard unsafe access(path, R_OK | W_OK | X_OK) == 0 else { throw .cache(path: path, errno: errno) }
    }

    /// By the rules of debuginfod_find_debuginfo(3).
    private static func path(home: String?, _ environment: (String) -> String?) -> String? {
        if let path = environment("DEBUGINFOD_CACHE_PATH") { return path }
        guard let home, unsafe access(home, F_OK) == 0 else { return nil }
        let deprecated = "\(home)/.debuginfod_client_cache"
        if unsafe access(deprecated, F_OK) == 0 { return deprecated }
        return (environment("XDG_CACHE_HOME") ?? "\(home)/.cache") + "/debuginfod_client"
    }

    /// Removes the library's mark that no server has a file, which it makes where it was only interrupted, too.
    func discardMiss(of id: BuildID) {
        let mark = "\(path)/\(id)/debuginfo"
        guard let status = try? FileStatus(path: mark, followsLink: false), status.kind == .regular, status.size == 0
        else { return }
        _ = unsafe unlink(mark)
    }

    // MARK: - A temporary directory

    private static func makeTemporary(in directory: String) throws(DownloadReply.Obstacle) -> String {
        var template = Array("\(directory)/sonde-debuginfod-XXXXXX".utf8CString)
        // Safe: the call changes the last letters of a terminated string.
        let isMade = unsafe template.withUnsafeMutableBufferPointer { text in
            guard let start = text.baseAddress else { return false }
            return unsafe mkdtemp(start) != nil
        }
        guard isMade else { throw .cache(path: directory, errno: errno) }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard removeAtEnd(path) else {
            _ = unsafe rmdir(path)
            throw .cache(path: path, errno: ENOMEM)
        }
        return path
    }

    /// Has a directory removed when this process has ended, in whatever way; returns whether that is certain.
    ///
    /// Another process waits for that: this one may not even remove the directory once it is confined.
    private static func removeAtEnd(_ path: String) -> Bool {
        guard let (theirs, ours) = try? MessageChannel.pair() else { return false }
        let remover = Remover(path: path, socket: theirs)
        // Safe: the child, a copy of this process, is the only one to take the reference.
        let context = unsafe Unmanaged.passRetained(remover)
        let id = unsafe clinux_fork(runRemover, context.toOpaque())
        unsafe context.release()
        close(theirs)
        // The other end stays open until this process ends.
        if id <= 0 { close(ours) }
        return id > 0
    }
}

private final class Remover {
    private let path: String
    private let socket: Int32

    init(path: String, socket: Int32) {
        self.path = path
        self.socket = socket
    }

    func run() {
        unsafe clinux_name_thread("sonde-cleanup")
        do {
            try OpenDescriptors.close(except: [socket])
        } catch {
            return
        }
        let end = OwnedDescriptor(owning: socket)
        var byte: [UInt8] = [0]
        _ = unsafe byte.withUnsafeMutableBytes { unsafe try? end.read(into: $0) }
        try? FileManager.default.removeItem(atPath: path)
    }
}

private func runRemover(context: UnsafeMutableRawPointer?) {
    // Safe: the parent passed a retained Remover.
    if let context = unsafe context { unsafe Unmanaged<Remover>.fromOpaque(context).takeUnretainedValue().run() }
}
