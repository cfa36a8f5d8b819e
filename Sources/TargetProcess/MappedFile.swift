internal import ProcFS
internal import ProfileModel
internal import SystemSupport

/// Opens the very file that is mapped, whatever its name means by now.
///
/// The target chose the name, and may have put something else there: what is opened is a regular file with the mapping's
/// inode, or nothing. The device number is no help: btrfs and overlayfs show another one in `maps` than to fstat(2).
struct MappedFile {
    private let entry: MemoryMapping

    init(of entry: MemoryMapping) { self.entry = entry }

    /// `nil` where it can't be opened any more.
    func open(in directory: borrowing ProcessDirectory) -> OwnedDescriptor? {
        // Links of the kernel lead to a file without its name, so that it may be deleted or in another namespace.
        let range = "\(String(entry.start.rawValue, radix: 16))-\(String(entry.end.rawValue, radix: 16))"
        // Files of one mount hang together.
        let place = "\(entry.device.major):\(entry.device.minor)"
        // The first leads to a file of the mapping's device, and no name is resolved on the way.
        for (link, place) in [("map_files/\(range)", entry.device.isOfDisk ? nil : place), ("exe", place)] {
            if let file = try? TargetFile.open(link: link, in: directory.place, inode: entry.inode, place: place) {
                return file
            }
        }
        guard let root = try? directory.open("root", flags: OwnedDescriptor.place) else { return nil }
        return try? TargetFile.open(entry.name, below: root, inode: entry.inode, place: place)
    }
}
