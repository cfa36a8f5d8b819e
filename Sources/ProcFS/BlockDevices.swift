import Glibc

/// The block devices that `/sys` shows, or a directory that looks like it.
package struct BlockDevices: Sendable {
    private let root: String

    package init(root: String = "/sys") { self.root = root }

    package var isOffered: Bool { Self.exists("\(root)/block") }

    /// Whether a device of `diskstats` is neither a partition, nor stacked on another, nor in memory.
    ///
    /// Device mappers and RAID have `slaves`; loop devices have a file, which another device holds.
    package func isWhole(_ name: String) -> Bool {
        guard !["loop", "ram", "zram"].contains(where: { name.hasPrefix($0) }), !name.contains("..") else {
            return false
        }
        // A slash in a device's name is shown as an exclamation mark.
        let directory = "\(root)/block/\(String(name.map { $0 == "/" ? "!" : $0 }))"
        return Self.exists(directory) && !Self.hasEntries("\(directory)/slaves")
    }

    private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func hasEntries(_ path: String) -> Bool {
        guard let directory = unsafe opendir(path) else { return false }
        // Safe: the directory was opened above and is closed once.
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return count > 2
    }
}
