internal import CLinux
internal import Glibc
internal import ProcFS
internal import ProfileModel

/// Opens the very file that is mapped, whatever its name means by now.
///
/// The target chose the name, and may have put something else there: what is opened is a regular file with the mapping's
/// inode, or nothing. Nothing but such a file is ever opened for reading: opening a device can have effects.
struct MappedFile {
    private let entry: MemoryMapping

    init(of entry: MemoryMapping) { self.entry = entry }

    /// `nil` where it can't be opened any more.
    func open(in directory: borrowing ProcessDirectory) -> Descriptor? {
        for place in [Place.mapFiles, .executable] {
            if let found = handle(place, in: directory), isMappedFile(found) { return reopen(found) }
        }
        guard let found = handleByPath(in: directory), isMappedFile(found) else { return nil }
        return reopen(found)
    }

    /// Links of the kernel that lead to a file without its name, so that it may be deleted or in another namespace.
    private enum Place {
        /// Needs `CAP_CHECKPOINT_RESTORE` or `CAP_SYS_ADMIN` (proc_pid_map_files(5)).
        case mapFiles
        case executable
    }

    private func handle(_ place: Place, in directory: borrowing ProcessDirectory) -> Descriptor? {
        let name =
            switch place {
            case .mapFiles:
                "map_files/\(String(entry.start.rawValue, radix: 16))-\(String(entry.end.rawValue, radix: 16))"
            case .executable: "exe"
            }
        return descriptor(unsafe openat(directory.descriptor, name, Int32(CLINUX_O_PATH) | O_CLOEXEC))
    }

    private func handleByPath(in directory: borrowing ProcessDirectory) -> Descriptor? {
        guard let root = try? directory.open("root", flags: Descriptor.place) else { return nil }
        return descriptor(unsafe clinux_open_in_root(root.number, entry.name, Int32(CLINUX_O_PATH) | O_CLOEXEC))
    }

    private func descriptor(_ number: Int32) -> Descriptor? {
        number < 0 ? nil : Descriptor(owning: number)
    }

    /// Whether the handle is a regular file with the mapping's inode.
    ///
    /// The device number is no help: btrfs and overlayfs show another one in `maps` than to fstat(2).
    private func isMappedFile(_ handle: borrowing Descriptor) -> Bool {
        var status = stat()
        guard unsafe fstat(handle.number, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && UInt64(status.st_ino) == entry.inode
    }

    private func reopen(_ handle: borrowing Descriptor) -> Descriptor? {
        descriptor(
            unsafe Glibc.open("/proc/self/fd/\(handle.number)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY))
    }
}
