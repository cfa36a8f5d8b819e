import Daemon
import Foundation
import SeriesStore
import TestSupport
import Testing

/// Where state is kept, and where it isn't.
@Suite struct StateDirectoryTests {
    @Test func `Who says where it is`() throws {
        let both = ["STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "XDG_STATE_HOME": "/x", "HOME": "/home/me"]
        #expect(try StateDirectory(configured: "/srv/s", environment: both).path == "/srv/s")
        #expect(try StateDirectory(configured: nil, environment: both).path == "/var/lib/a")
        let personal = ["XDG_STATE_HOME": "/x", "HOME": "/home/me"]
        let expected = TestSupport.Privileges.isRoot ? "/var/lib/sonde" : "/x/sonde"
        #expect(try StateDirectory(configured: nil, environment: personal).path == expected)
        #expect(throws: StateDirectoryError.notAbsolute("s")) { try StateDirectory(configured: "s", environment: [:]) }
    }

    @Test func `It is made for its owner alone`() throws {
        let place = try TemporaryDirectory()
        let directory = try StateDirectory(configured: "\(place.path)/a/b", environment: [:])
        try directory.prepare()
        for path in ["a", "a/b"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(place.path)/\(path)")
            #expect(attributes[.posixPermissions] as? Int == 0o700)
        }
        try directory.prepare()
    }

    @Test func `What can't be used is refused, with a remedy`() throws {
        let place = try TemporaryDirectory()
        try place.write("x", to: "file")
        #expect(error(at: "\(place.path)/file") == .unusable(.notADirectory(path: "\(place.path)/file")))
        #expect(
            error(at: "\(place.path)/file/below")
                == .unusable(.failed(path: "\(place.path)/file/below", errno: ENOTDIR)))
        #expect(error(at: "/proc/none") != nil)
        try FileManager.default.createDirectory(atPath: "\(place.path)/open", withIntermediateDirectories: false)
        unsafe chmod("\(place.path)/open", 0o777)
        #expect(error(at: "\(place.path)/open")?.description.contains("chmod go-w") == true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(place.path)/dangling", withDestinationPath: "/nonexistent")
        #expect(error(at: "\(place.path)/dangling") != nil)
    }

    @Test(.enabled(if: TestSupport.Privileges.isRoot)) func `Somebody else's is refused`() throws {
        let place = try TemporaryDirectory()
        let path = "\(place.path)/theirs"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        unsafe chown(path, 65534, 65534)
        #expect(error(at: path) == .unusable(.foreign(path: path, user: 65534)))
        let link = "\(place.path)/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.path)
        #expect(error(at: link) == nil)
        unsafe lchown(link, 65534, 65534)
        #expect(error(at: link) == .unusable(.foreignLink(path: link, user: 65534)))
    }

    private func error(at path: String) -> StateDirectoryError? {
        do throws(StateDirectoryError) {
            try StateDirectory(configured: path, environment: [:]).prepare()
            return nil
        } catch {
            return error
        }
    }
}
