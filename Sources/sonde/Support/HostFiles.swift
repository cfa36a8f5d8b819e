import ProcFS
import ProfileModel
import SystemSupport

/// Whether targets see the files that Sonde sees.
enum HostFiles {
    /// Whether all processes have Sonde's root directory and its mounts: none is in a container or a chroot.
    static func areShared(with processes: [ProcessID], _ procfs: ProcFS) -> Bool {
        guard let own = try? procfs.ownProcess(), let mounts = try? own.link("ns/mnt"), let root = root(of: own) else {
            return false
        }
        return processes.allSatisfy { process in
            guard let directory = try? procfs.process(process), (try? directory.link("ns/mnt")) == mounts,
                let other = Self.root(of: directory)
            else { return false }
            return other.device == root.device && other.inode == root.inode
        }
    }

    private static func root(of directory: borrowing ProcessDirectory) -> FileStatus? {
        try? directory.open("root", flags: OwnedDescriptor.place).status()
    }
}
