internal import CLinux
internal import Glibc
internal import Synchronization

/// Opens files whose path a target can influence, for reading.
///
/// A process that isn't trusted chose the path or what lies there: a pipe that makes the opener wait, a device that acts
/// when it is opened, a link out of the target's root, a file of the kernel. So a handle is taken first (`O_PATH`, which
/// opens nothing), then judged, and the very file that was judged is reopened. All of that asks the file system, which
/// may be on a server that doesn't answer, or be the target's own (FUSE): each opening has a deadline.
package enum TargetFile {
    /// Servers of files answer within milliseconds, or some hundreds of them when they are busy.
    package static let timeLimit = Duration.seconds(2)
    private static let calls = BoundedCalls(name: "sonde-open", maximumHung: 8)

    /// Opens a path as it is seen from a root directory, such as `/proc/PID/root`; no link leads out of it.
    ///
    /// - Parameters:
    ///   - inode: the file that is expected there.
    ///   - place: what hangs together, such as a device; by default the file's directory.
    ///   - acceptsName: whether a file of that path, to which no link leads any further, is opened at all.
    package static func open(
        _ path: String, below root: borrowing OwnedDescriptor, inode: UInt64? = nil, place: String? = nil,
        where acceptsName: (@Sendable (String) -> Bool)? = nil
    ) throws(TargetFileError) -> OwnedDescriptor {
        let resolution = CLINUX_RESOLVE_IN_ROOT.rawValue | CLINUX_RESOLVE_NO_MAGICLINKS.rawValue
        let root = try Shared(duplicating: root)
        return try bounded(at: place ?? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])) {
            () throws(TargetFileError) in
            let handle = try handle(path, in: root.file.rawValue, UInt64(resolution))
            if let acceptsName, !acceptsName(try finalPath(of: handle)) { throw .notFound }
            return try reopened(handle, inode)
        }
    }

    /// Opens a magic link of the kernel, such as `exe` or `map_files/START-END` in `/proc/PID`.
    ///
    /// It leads to the file itself, which may have no name any more, or one in another mount namespace. `map_files` needs
    /// `CAP_CHECKPOINT_RESTORE` or `CAP_SYS_ADMIN` (proc_pid_map_files(5)).
    ///
    /// - Parameters:
    ///   - link: a name that Sonde made.
    ///   - place: what hangs together, such as a device; `nil` where the file is on a disk of this host, which no server
    ///     and no other process stands for: it is opened on the calling thread.
    package static func open(
        link: String, in directory: borrowing OwnedDescriptor, inode: UInt64? = nil, place: String?
    ) throws(TargetFileError) -> OwnedDescriptor {
        guard let place else { return try reopened(try handle(link, in: directory.rawValue, 0), inode) }
        let directory = try Shared(duplicating: directory)
        return try bounded(at: place) { () throws(TargetFileError) in
            try reopened(try handle(link, in: directory.file.rawValue, 0), inode)
        }
    }

    /// Where hosts keep separate debug files.
    package static let debugDirectories = ["/usr/lib/debug"]

    /// Opens an absolute path of Sonde's own file system that lies in one of the directories; no link leads out of that.
    package static func open(
        hostPath path: String, inside directories: [String] = debugDirectories
    ) throws(TargetFileError) -> OwnedDescriptor {
        guard let directory = directories.first(where: { path.hasPrefix($0 + "/") }) else { throw .notFound }
        let name = String(path.dropFirst(directory.count).drop { $0 == "/" })
        return try bounded(at: "host:\(directory)") { () throws(TargetFileError) in
            let place: OwnedDescriptor
            do throws(SystemCallError) {
                place = try OwnedDescriptor(opening: directory, flags: OwnedDescriptor.place)
            } catch {
                throw TargetFileError(error)
            }
            let resolution = CLINUX_RESOLVE_BENEATH.rawValue | CLINUX_RESOLVE_NO_MAGICLINKS.rawValue
            return try reopened(try handle(name, in: place.rawValue, UInt64(resolution)), nil)
        }
    }

    /// Opens on another thread, which is left behind when the file system hangs.
    private static func bounded(
        at place: String, _ body: @escaping @Sendable () throws(TargetFileError) -> OwnedDescriptor
    ) throws(TargetFileError) -> OwnedDescriptor {
        let result: Result<Opened, TargetFileError>?
        do {
            result = try calls.result(
                of: {
                    do throws(TargetFileError) { return .success(Opened(try body())) } catch { return .failure(error) }
                }, at: place, within: timeLimit)
        } catch {
            throw TargetFileError(error)
        }
        guard let result else { throw .timedOut }
        guard let file = try result.get().take() else { throw .notFound }
        return file
    }

    /// A directory that stays open for as long as a thread opens from it.
    private final class Shared: Sendable {
        let file: OwnedDescriptor

        init(duplicating directory: borrowing OwnedDescriptor) throws(TargetFileError) {
            do { file = try OwnedDescriptor(duplicating: directory.rawValue) } catch { throw TargetFileError(error) }
        }
    }

    /// A file on its way to another thread; closed when nobody takes it.
    private final class Opened: Sendable {
        private let file: Mutex<OwnedDescriptor?>

        init(_ file: consuming OwnedDescriptor) { self.file = Mutex(file) }

        func take() -> OwnedDescriptor? { file.withLock { $0.take() } }
    }

    /// How often a path is resolved again that others rename meanwhile (`EAGAIN` of openat2(2)).
    private static let attempts = 8

    private static func handle(
        _ path: String, in directory: Int32, _ resolution: UInt64
    ) throws(TargetFileError) -> OwnedDescriptor {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .notFound }
        for attempt in 1... {
            // Safe: the call only reads the path.
            let number = unsafe clinux_open_handle(directory, path, resolution)
            if number >= 0 { return OwnedDescriptor(owning: number) }
            guard number == -EINTR || number == -EAGAIN, attempt < attempts else {
                throw TargetFileError(errno: -number)
            }
        }
        throw .notFound
    }

    /// Where a file is, as Sonde sees it.
    private static func finalPath(of handle: borrowing OwnedDescriptor) throws(TargetFileError) -> String {
        let link = "/proc/self/fd/\(handle.rawValue)"
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            // Safe: the call writes at most the buffer's count.
            count = unsafe buffer.withMemoryRebound(to: CChar.self) { text in
                guard let start = text.baseAddress else { return 0 }
                return unsafe max(0, readlink(link, start, text.count))
            }
        }
        guard !bytes.isEmpty else { throw .notFound }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func reopened(
        _ handle: consuming OwnedDescriptor, _ inode: UInt64?
    ) throws(TargetFileError) -> OwnedDescriptor {
        do {
            let status = try handle.status()
            guard status.kind == .regular else { throw TargetFileError.notRegular(status.kind) }
            if let name = try RefusedFileSystem.name(of: handle) { throw TargetFileError.refusedFileSystem(name) }
            guard inode == nil || inode == status.inode else { throw TargetFileError.replaced }
            // Neither waits for the breaking of a lease, nor takes a terminal.
            return try OwnedDescriptor(
                opening: "/proc/self/fd/\(handle.rawValue)", flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
        } catch let error as SystemCallError {
            throw TargetFileError(error)
        } catch let error as TargetFileError {
            throw error
        } catch {
            throw .notFound
        }
    }
}

/// Why a file of a target wasn't opened.
package enum TargetFileError: Error, Hashable, Sendable {
    /// Nothing is there, or it is not where it has to be.
    case notFound
    /// Something else than a regular file.
    case notRegular(FileStatus.Kind)
    /// A file that the kernel or another process makes up, where reading can act or never end.
    case refusedFileSystem(String)
    /// Another file than the expected one.
    case replaced
    /// Its file system has not answered within `TargetFile.timeLimit`, or hasn't answered an earlier request yet.
    case timedOut
    case notPermitted
    /// Another failure, by errno.
    case system(Int32)

    init(errno: Int32) {
        switch errno {
        case ENOENT, ENOTDIR, ELOOP, EXDEV, ENAMETOOLONG, ESRCH: self = .notFound
        case EACCES, EPERM: self = .notPermitted
        default: self = .system(errno)
        }
    }

    init(_ error: SystemCallError) { self.init(errno: error.errno) }
}

extension TargetFileError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFound: "not found"
        case .notRegular(let kind): "a \(kind.rawValue), and only regular files are read"
        case .refusedFileSystem(let name): "on a file system of type \(name), which isn't read"
        case .replaced: "replaced by another file; restart the process to have the new one's names"
        case .timedOut: "its file system doesn't answer (a server that is down, FUSE); unmount it by umount -f"
        case .notPermitted: "not permitted; run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
        case .system(let number): errorText(number)
        }
    }
}

/// File systems without files of their own: the kernel or a process answers each read.
private enum RefusedFileSystem {
    /// `f_type` of statfs(2), of the kernel's `linux/magic.h` and its file systems' own sources.
    private static let names: [UInt32: String] = [
        0x9FA0: "proc", 0x6265_6572: "sysfs", 0x6462_6720: "debugfs", 0x7472_6163: "tracefs",
        0x7363_6673: "securityfs", 0x27_E0EB: "cgroup", 0x6367_7270: "cgroup2", 0xCAFE_4A11: "bpf",
        0x6265_6570: "configfs", 0x1CD1: "devpts", 0x6573_5546: "fuse", 0x6573_5543: "fusectl",
        0xF97C_FF8C: "selinuxfs", 0x4341_5D53: "smackfs", 0x5A3C_69F0: "apparmorfs", 0x6165_676C: "pstore",
        0xDE5E_81E4: "efivarfs", 0x4249_4E4D: "binfmt_misc", 0x1980_0202: "mqueue", 0x0765_5821: "resctrl",
        0x6E73_6673: "nsfs", 0x5049_4446: "pidfs", 0x5049_5045: "pipefs", 0x534F_434B: "sockfs",
        0x0904_1934: "anon_inodefs", 0x444D_4142: "dmabuf", 0x5345_434D: "secretmem", 0x474D_454D: "guest_memfd",
        0x9FA2: "usbdevfs", 0x9FA1: "openpromfs", 0xABBA_1974: "xenfs", 0x6C6F_6F70: "binderfs",
        0x6461_7865: "daxfs", 0x0187: "autofs", 0x6E66_7364: "nfsd", 0x6759_6969: "rpc_pipefs",
        0x0A64_7361: "functionfs", 0x6764_6731: "gadgetfs",
    ]

    static func name(of file: borrowing OwnedDescriptor) throws(SystemCallError) -> String? {
        var type: UInt32 = 0
        // Safe: the call fills the number.
        _ = try retryingInterrupted("fstatfs") { unsafe clinux_file_system_type(file.rawValue, &type) }
        return names[type]
    }
}
