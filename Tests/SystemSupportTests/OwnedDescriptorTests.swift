import Foundation
import SystemSupport
import TestSupport
import Testing

@Suite struct OwnedDescriptorTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("content", to: "file")
    }

    private func opened() throws -> OwnedDescriptor {
        try OwnedDescriptor(opening: directory.path + "/file", flags: O_RDONLY)
    }

    private static func isOpen(_ number: Int32, as status: FileStatus) -> Bool {
        (try? FileStatus(of: number)) == status
    }

    @Test func `A descriptor is closed with its owner`() throws {
        var number: Int32 = -1
        let status = try FileStatus(path: directory.path + "/file")
        do {
            let file = try opened()
            number = file.rawValue
            #expect(Self.isOpen(number, as: status))
        }
        #expect(!Self.isOpen(number, as: status))
    }

    @Test func `A released descriptor is the caller's`() throws {
        let status = try FileStatus(path: directory.path + "/file")
        let number = try opened().release()
        #expect(Self.isOpen(number, as: status))
        close(number)
    }

    @Test func `A duplicate outlives the original`() throws {
        let duplicate: OwnedDescriptor
        do {
            let file = try opened()
            duplicate = try OwnedDescriptor(duplicating: file.rawValue)
        }
        #expect(try duplicate.status().size == 7)
        #expect(fcntl(duplicate.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        #expect(throws: SystemCallError(call: "fcntl", errno: EBADF)) { _ = try OwnedDescriptor(duplicating: -1) }
    }

    @Test func `Reads go by position or by offset`() throws {
        let file = try opened()
        var bytes: [UInt8] = []
        #expect(try file.append(upTo: 3, at: 4, to: &bytes) == 3)
        #expect(try file.append(upTo: 3, at: 7, to: &bytes) == 0)
        #expect(bytes == Array("ent".utf8))
        var buffer = [UInt8](repeating: 0, count: 4)
        let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
        #expect(count == 4 && buffer == Array("cont".utf8))
    }

    @Test func `Errors name the call and its reason`() {
        #expect(throws: SystemCallError(call: "openat", errno: ENOENT)) {
            _ = try OwnedDescriptor(opening: directory.path + "/none", flags: O_RDONLY)
        }
        #expect(SystemCallError(call: "openat", errno: EACCES).description == "openat: Permission denied")
        #expect(errorText(99_999).contains("99999"))
    }

    @Test func `A status has kind, size and version`() throws {
        let path = directory.path + "/file"
        let before = try FileStatus(path: path)
        #expect(before.kind == .regular && before.size == 7 && before.owner == getuid())
        try directory.write("contents", to: "file")
        #expect(try FileStatus(path: path).version != before.version)
        #expect(try FileStatus(path: directory.path).kind == .directory)
        try FileManager.default.createSymbolicLink(atPath: directory.path + "/link", withDestinationPath: "file")
        #expect(try FileStatus(path: directory.path + "/link", followsLink: false).kind == .symbolicLink)
    }
}
