import Foundation
import SystemSupport
import TestSupport
import Testing

/// Where output may go, and where it never goes.
@Suite struct OutputFileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    private func content(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    private func write(_ text: String, to path: String) throws {
        var file = try OutputFile(replacing: path)
        try file.write(Array(text.utf8))
        try file.publish()
    }

    private func append(_ text: String, to path: String) throws {
        try OutputFile(appendingTo: path).write(Array(text.utf8))
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
    }

    /// Gives a file or a link itself to another user.
    private func give(_ name: String, to user: uid_t) throws {
        try #require(unsafe lchown(path(name), user, user) == 0)
    }

    private func mode(of name: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path(name))[.posixPermissions] as? Int)
    }

    @Test func `A new file appears when it is published, and whole`() throws {
        var file = try OutputFile(replacing: path("x"))
        try file.write(Array("first ".utf8))
        #expect(try names().isEmpty)
        try file.write(Array("second".utf8))
        try file.publish()
        #expect(try content("x") == "first second")
        try file.write(Array(" third".utf8))
        #expect(try content("x") == "first second third" && names() == ["x"])
    }

    @Test func `An older file stays when the new one is not published`() throws {
        try directory.write("old", to: "x")
        do {
            let file = try OutputFile(replacing: path("x"))
            try file.write(Array("new".utf8))
        }
        #expect(try content("x") == "old" && names() == ["x"])
    }

    @Test func `Root's files are root's alone`() throws {
        try write("x", to: path("replaced"))
        try append("x", to: path("appended"))
        let mask = umask(0)
        umask(mask)
        let isRoot = geteuid() == 0
        #expect(try mode(of: "replaced") == (isRoot ? 0o600 : 0o644 & ~Int(mask)))
        #expect(try mode(of: "appended") == (isRoot ? 0o600 : 0o640 & ~Int(mask)))
    }

    @Test(arguments: [true, false]) func `A link at the end is refused`(isDangling: Bool) throws {
        if !isDangling { try directory.write("precious", to: "target") }
        try link("x", to: path("target"))
        #expect(throws: OutputError.link(path: path("x"))) { try write("x", to: path("x")) }
        #expect(throws: OutputError.link(path: path("x"))) { try append("x", to: path("x")) }
        #expect(try names() == (isDangling ? ["x"] : ["target", "x"]))
        if !isDangling { #expect(try content("target") == "precious") }
    }

    @Test func `A link of one's own on the way is followed`() throws {
        try directory.write("", to: "place/deep/other")
        try link("absolute", to: path("place"))
        try link("relative", to: "./absolute//deep/..")
        try write("x", to: path("relative/deep/x"))
        #expect(try content("place/deep/x") == "x")
    }

    @Test(.enabled(if: Privileges.isRoot)) func `A link of another user on the way is refused`() throws {
        try directory.write("", to: "place/other")
        try link("link", to: path("place"))
        try give("link", to: 65534)
        let expected = OutputError.foreignLink("link", path: path("link/x"), owner: 65534)
        #expect(throws: expected) { try write("x", to: path("link/x")) }
        #expect(throws: expected) { try append("x", to: path("link/x")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("place")) == ["other"])
    }

    @Test func `Links that lead to each other are refused`() throws {
        try link("a", to: "b")
        try link("b", to: "a")
        #expect(throws: OutputError.failed(.create, path: path("a/x"), errno: ELOOP)) {
            try write("x", to: path("a/x"))
        }
    }

    @Test func `A link into a process is refused`() {
        for link in ["cwd", "root"] {
            let path = "/proc/self/\(link)/x"
            #expect(throws: OutputError.kernelLink(link, path: path)) { try write("x", to: path) }
        }
    }

    @Test func `Another name of a replaced file keeps its content, and of an appended one it is refused`() throws {
        try directory.write("precious", to: "other")
        try FileManager.default.linkItem(atPath: path("other"), toPath: path("x"))
        #expect(throws: OutputError.manyNames(path: path("x"))) { try append("x", to: path("x")) }
        try write("x", to: path("x"))
        #expect(try content("other") == "precious" && content("x") == "x")
    }

    @Test(.enabled(if: Privileges.isRoot)) func `Another user's file is replaced, but not appended to`() throws {
        try directory.write("planted", to: "x")
        try give("x", to: 65534)
        #expect(throws: OutputError.foreign(path: path("x"), .regular, owner: 65534)) {
            try append("x", to: path("x"))
        }
        try write("x", to: path("x"))
        #expect(try FileStatus(path: path("x")).owner == 0)
    }

    @Test(arguments: ["", "/", "/.", "/..", "//"]) func `A directory is no file`(end: String) {
        let path = directory.path + end
        #expect(throws: OutputError.directory(path: path)) { try write("x", to: path) }
        #expect(throws: OutputError.directory(path: path)) { try append("x", to: path) }
    }

    @Test(arguments: [("missing/x", ENOENT), ("file/x", ENOTDIR), ("", ENOENT), ("\0", ENOENT)])
    func `A place that isn't there is refused`(name: String, number: Int32) throws {
        try directory.write("", to: "file")
        let path = name.contains("/") ? path(name) : name
        #expect(throws: OutputError.failed(.create, path: path, errno: number)) { try write("x", to: path) }
    }

    @Test func `A name that is too long is refused`() {
        let path = path(String(repeating: "x", count: 300))
        #expect(throws: OutputError.failed(.open, path: path, errno: ENAMETOOLONG)) { try write("x", to: path) }
    }

    @Test func `A character device is written to`() throws {
        try write("x", to: "/dev/null")
        try append("x", to: "/dev/null")
        #expect(try FileStatus(path: "/dev/null").kind == .characterDevice)
    }

    @Test func `A full disk says so, and how much it took`() throws {
        #expect(throws: OutputError.incomplete(path: "/dev/full", errno: ENOSPC, written: 0)) {
            try write("x", to: "/dev/full")
        }
        let error = #expect(throws: OutputError.self) { try append("x", to: "/dev/full") }
        #expect(error?.errno == ENOSPC)
        #expect(
            error?.description
                == "can't write /dev/full: No space left on device; free some space, or name a file elsewhere")
    }

    /// Making device nodes may be refused in a container.
    private static let makesDevices: Bool = {
        let path = "\(FileManager.default.temporaryDirectory.path)/sonde-test-\(UUID().uuidString)"
        defer { unsafe unlink(path) }
        return unsafe mknod(path, S_IFBLK | 0o600, 7 << 8 | 99) == 0
    }()

    @Test(.enabled(if: makesDevices)) func `A block device is refused`() throws {
        try #require(unsafe mknod(path("x"), S_IFBLK | 0o600, 7 << 8 | 99) == 0)
        #expect(throws: OutputError.unsuitable(path: path("x"), .blockDevice)) { try write("x", to: path("x")) }
        #expect(throws: OutputError.unsuitable(path: path("x"), .blockDevice)) { try append("x", to: path("x")) }
    }

    @Test func `A pipe without a reader is refused`() throws {
        try #require(unsafe mkfifo(path("x"), 0o600) == 0)
        var attempts = 0
        #expect(throws: OutputError.noReader(path: path("x"))) {
            _ = try OutputFile(replacing: path("x")) {
                attempts += 1
                return attempts < 3
            }
        }
        #expect(attempts == 3)
        #expect(throws: OutputError.noReader(path: path("x"))) { try append("x", to: path("x")) }
    }

    @Test func `A pipe with a reader is written to, and a full one doesn't hold up the writer`() throws {
        try #require(unsafe mkfifo(path("x"), 0o600) == 0)
        let reader = try OwnedDescriptor(opening: path("x"), flags: O_RDONLY | O_NONBLOCK)
        try write("replaced", to: path("x"))
        try append("appended", to: path("x"))
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(reader.rawValue, $0.baseAddress, $0.count) }
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "replacedappended")
        let many = String(repeating: "x", count: 1 << 20)
        let error = #expect(throws: OutputError.self) { try append(many, to: path("x")) }
        guard case .incomplete(_, EAGAIN, let written) = error else { throw try #require(error) }
        #expect(written > 0 && written < many.utf8.count)
    }

    @Test(.enabled(if: Privileges.isRoot)) func `A pipe of another user is refused`() throws {
        try #require(unsafe mkfifo(path("x"), 0o666) == 0)
        try give("x", to: 65534)
        let reader = try OwnedDescriptor(opening: path("x"), flags: O_RDONLY | O_NONBLOCK)
        #expect(throws: OutputError.foreign(path: path("x"), .pipe, owner: 65534)) { try write("x", to: path("x")) }
        _ = consume reader
    }

    @Test func `Sonde's own descriptors have names`() throws {
        try directory.write("before ", to: "x")
        let own = try OwnedDescriptor(opening: path("x"), flags: O_WRONLY | O_APPEND)
        try write("replaced ", to: "/dev/fd/\(own.rawValue)")
        try append("appended", to: "/proc/self/fd/\(own.rawValue)")
        #expect(try content("x") == "before replaced appended")
        let reading = try OwnedDescriptor(opening: path("x"), flags: O_RDONLY)
        for closed in ["/dev/fd/\(reading.rawValue)", "/dev/fd/1048575", "/proc/self/fd/-1"] {
            #expect(throws: OutputError.closed(path: closed)) { try write("x", to: closed) }
        }
    }

    @Test func `Where nameless files can't be made, nothing is left behind either`() throws {
        // /proc has neither kind of file: the error is that of the second attempt.
        #expect(throws: OutputError.failed(.create, path: "/proc/x", errno: ENOENT)) { try write("x", to: "/proc/x") }
    }

    @Test func `Only root that sudo has made has an invoking user`() {
        #expect(InvokingUser(effectiveUser: 0, user: "1000", group: "1001")?.user == 1000)
        #expect(InvokingUser(effectiveUser: 0, user: "1000", group: "1001")?.group == 1001)
        #expect(InvokingUser(effectiveUser: 1000, user: "1000", group: "1001") == nil)
        let refused: [(String?, String?)] = [
            ("0", "0"), (nil, "1"), ("1", nil), ("-1", "1"), ("4294967295", "1"), ("1", "4294967295"), ("x", "1"),
            ("", ""),
        ]
        for (user, group) in refused { #expect(InvokingUser(effectiveUser: 0, user: user, group: group) == nil) }
    }
}
