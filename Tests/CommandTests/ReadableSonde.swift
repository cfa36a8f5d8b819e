import Foundation
import TestSupport

/// A link to `sonde` in a directory that every user can read: the checkout may be in a home directory.
final class ReadableSonde {
    private let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = "\(directory.path)/sonde"
        do {
            try FileManager.default.linkItem(atPath: Locations.sonde.path, toPath: path)
        } catch {
            try FileManager.default.copyItem(atPath: Locations.sonde.path, toPath: path)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
    }
}
