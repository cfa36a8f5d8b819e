import Foundation
import ProfileModel
import SystemSupport
import TargetProcess
import TestSupport
import Testing

/// Which files the tracer opens because a target's debug information names them.
@Suite struct DebugFileDirectoriesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Whether a path that debug information gives is opened.
    private func isOpened(_ path: String) throws -> Bool {
        let root = try OwnedDescriptor(opening: directory.path, flags: OwnedDescriptor.place)
        let directories = DebugFileDirectories(targetRoot: root)
        guard let found = directories.candidate(from: 0, for: .path(path), of: "/program") else { return false }
        _ = found.take()
        return true
    }

    @Test func `Paths of debug files are opened below the target's root, and no others`() throws {
        for path in ["build/unit.dwo", "usr/lib/debug/.dwz/common", "program.debug", "etc/shadow"] {
            try directory.write("content", to: path)
        }
        #expect(try isOpened("/build/unit.dwo"))
        #expect(try isOpened("/usr/lib/debug/.dwz/common"))
        #expect(try isOpened("/program.debug"))
        #expect(try isOpened("/build/../program.debug"))
        for path in ["/etc/shadow", "etc/shadow", "build/unit.dwo", "/missing.dwo", "", "/"] {
            #expect(try !isOpened(path), "\(path)")
        }
    }

    @Test func `A link with the name of a debug file leads to no other file`() throws {
        try directory.write("secret", to: "etc/shadow")
        try directory.write("content", to: "build/unit.dwo")
        for (link, target) in [("a.dwo", "etc/shadow"), ("b.dwo", "build/unit.dwo"), ("c.dwo", "/etc/shadow")] {
            try FileManager.default.createSymbolicLink(
                atPath: directory.path + "/" + link, withDestinationPath: target)
        }
        #expect(try !isOpened("/a.dwo"))
        #expect(try isOpened("/b.dwo"))
        #expect(try !isOpened("/c.dwo"))
    }
}
