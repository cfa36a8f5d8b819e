import ProcFS
import TestSupport

/// A directory that looks like `/sys`: a disk, a partition in it, a device mapper on it, a loop device.
final class FakeDevices {
    private let root: TemporaryDirectory
    let devices: BlockDevices

    init() throws {
        root = try TemporaryDirectory()
        for path in [
            "vda/size", "vda/vda1/size", "dm-0/slaves/vda1/size", "loop0/size", "cciss!c0d0/size",
        ] {
            try root.write("", to: "block/\(path)")
        }
        devices = BlockDevices(root: root.path)
    }
}
