import Confinement
import Foundation
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// A real process confines itself, and the kernel says what is in force.
@Suite struct ConfinementTests {
    private static let program = Locations.products.appending(path: "confined-program").path
    private static let nobody = "65534"

    /// A process that has confined itself by the steps given and waits.
    private func confined(_ steps: String...) throws -> (child: Child, status: ProcStatus) {
        let child = try Child([Self.program] + steps + ["wait"])
        try child.line { $0 == "ready" }
        return (child, try ProcFS().process(ProcessID(rawValue: child.pid)).status())
    }

    /// What a process prints that confines itself by the steps given and ends.
    private func lines(_ steps: String...) throws -> [String] {
        let result = try TestSupport.run([Self.program] + steps)
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: Privileges.isRoot)) func `another user keeps two capabilities of root's and can gain none`()
        throws
    {
        let (child, status) = try confined("drop", Self.nobody, "80004")
        defer { child.kill() }
        let state = try #require(ConfinementState(status))
        #expect(state.user == 65534)
        #expect(status.user?.real == 65534 && status.user?.saved == 65534 && status.user?.fileSystem == 65534)
        #expect(status.group?.real == 65534 && status.group?.saved == 65534)
        #expect(state.effectiveCapabilities == [.systemPtrace, .readSearch])
        #expect(state.permittedCapabilities == [.systemPtrace, .readSearch])
        #expect(state.boundingCapabilities == [.systemPtrace, .readSearch])
        #expect(status.ambientCapabilities == [])
        #expect(state.hasNoNewPrivileges)
        #expect(state.seccomp == .disabled)
    }

    @Test(.enabled(if: Privileges.isRoot)) func `an executed program has the capabilities that are inherited`() throws {
        let cat = try Child([Self.program, "inherit", Self.nobody, "80004", "execute", "/bin/cat"])
        defer { cat.kill() }
        try cat.write(Data("executed\n".utf8))
        try cat.line { $0 == "executed" }
        let status = try ProcFS().process(ProcessID(rawValue: cat.pid)).status()
        #expect(status.name == "cat")
        #expect(status.effectiveCapabilities == [.systemPtrace, .readSearch])
        #expect(status.ambientCapabilities == [.systemPtrace, .readSearch])
    }

    @Test(.enabled(if: Privileges.isRoot)) func `an executed program has none of those that aren't`() throws {
        let cat = try Child([Self.program, "drop", Self.nobody, "80004", "execute", "/bin/cat"])
        defer { cat.kill() }
        try cat.write(Data("executed\n".utf8))
        try cat.line { $0 == "executed" }
        let status = try ProcFS().process(ProcessID(rawValue: cat.pid)).status()
        #expect(status.effectiveCapabilities == [])
        #expect(status.permittedCapabilities == [])
    }

    @Test func `who stays the same user gives up all capabilities`() throws {
        let (child, status) = try confined("keep", "0", "deny")
        defer { child.kill() }
        let state = try #require(ConfinementState(status))
        #expect(state.user == geteuid())
        #expect(state.isUnprivileged)
    }

    @Test func `credentials are not changed once there are several threads`() throws {
        let lines = try lines("thread", "keep", "0")
        #expect(
            lines == [
                "refused: dropping capabilities failed: the process has 2 threads; "
                    + "this is an error of Sonde: please report it"
            ])
    }

    @Test(.enabled(if: Privileges.isRoot)) func `another user is refused to who may not change it`() throws {
        let lines = try lines("drop", Self.nobody, "0", "drop", "0", "0")
        #expect(
            lines == [
                "refused: changing the groups failed: Operation not permitted; start as root with CAP_SETUID and "
                    + "CAP_SETGID, in a user namespace that has this user, or as this user"
            ])
    }

    @Test func `denied system calls fail by their arguments, others work`() throws {
        let lines = try lines("group", "deny", "group", "duplicate", "77", "duplicate", "78")
        #expect(lines == ["group: 0", "group: \(ENODATA)", "duplicate: \(ENODATA)", "duplicate: 0"])
    }

    @Test func `threads start where processes can't`() throws {
        let (child, status) = try confined("keep", "0", "threads", "thread")
        defer { child.kill() }
        #expect(status.threadCount == 2)
        #expect(try lines("spawn", "/bin/true") == ["spawn: 0"])
        #expect(try lines("keep", "0", "threads", "spawn", "/bin/true") == ["spawn: \(EPERM)"])
    }

    @Test func `only sockets of the families given can be made, and no pair that reaches others`() throws {
        let steps = ["\(AF_INET)", "\(AF_INET6)", "\(AF_UNIX)", "\(AF_NETLINK)"].flatMap { ["socket", $0] }
        let result = try TestSupport.run([Self.program, "keep", "0", "internet"] + steps + ["pair", "1", "pair", "2"])
        let numbers = result.output.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
        #expect(numbers == ["0", "\(EPERM)", "\(EPERM)", "\(EPERM)", "0", "\(EPERM)"])
    }

    @Test func `a system call that isn't allowed ends the process`() throws {
        let child = try Child([Self.program, "keep", "0", "only", "wait", "group"])
        try child.line { $0 == "ready" }
        let status = try ProcFS().process(ProcessID(rawValue: child.pid)).status()
        #expect(try #require(ConfinementState(status)).isUnprivileged)
        child.closeInput()
        #expect(try child.exitStatus() == .signalled(SIGSYS))
    }

    @Test func `a system call that libseccomp doesn't know is an error`() throws {
        #expect(
            try lines("unknown") == [
                "refused: loading the seccomp filter failed: libseccomp doesn't know the system "
                    + "call no_such_call; install libseccomp 2.5 or later"
            ])
    }

    @Test func `limits are in force, and nobody without privileges reads the memory`() throws {
        let (child, _) = try confined("limits")
        defer { child.kill() }
        let limits = try String(contentsOfFile: "/proc/\(child.pid)/limits", encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
        #expect(limits.contains("Max core file size 0 0 bytes"))
        #expect(limits.contains("Max address space \(1 << 30) \(1 << 30) bytes"))
        #expect(limits.contains("Max cpu time 100 101 seconds"))
        #expect(limits.contains("Max open files 32 32 files"))
        #expect(limits.contains("Max file size 4096 4096 bytes"))
    }

    @Test(.enabled(if: Privileges.isRoot)) func `the files in proc of a process that isn't dumpable are root's`() throws
    {
        let (child, _) = try confined("drop", Self.nobody, "0", "limits")
        defer { child.kill() }
        #expect(try owner(of: "/proc/\(child.pid)/maps") == 0)
    }

    private func owner(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? Int
    }

    @Test func `a file can't grow beyond its limit`() throws {
        let directory = try TemporaryDirectory()
        #expect(try lines("limits", "write", directory.path + "/file", "10000") == ["write: 4096"])
    }

    @Test func `all descriptors but the standard ones are closed`() throws {
        let (child, _) = try confined("duplicate", "20", "duplicate", "300", "close")
        defer { child.kill() }
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.pid)/fd")
        #expect(open.sorted() == ["0", "1", "2"])
    }

    @Test(.enabled(if: Landlock.version != nil, "this kernel has no Landlock"))
    func `no file can be opened under Landlock`() throws {
        let lines = try lines("open", "/etc/passwd", "keep", "0", "landlock", "open", "/etc/passwd")
        #expect(lines.first == "open: 0")
        #expect(lines.last == "open: \(EACCES)")
    }

    @Test(.enabled(if: Landlock.version != nil, "this kernel has no Landlock"))
    func `files can be read in one place, and written in another`() throws {
        let (readable, writable) = (try TemporaryDirectory(), try TemporaryDirectory())
        for directory in [readable, writable] { try directory.write("x", to: "file") }
        let lines = try lines(
            "keep", "0", "read-write", "\(readable.path)/file", writable.path, "open", "\(readable.path)/file", "write",
            "\(readable.path)/file", "1", "open", readable.path, "write", "\(writable.path)/new", "2", "open",
            "\(writable.path)/file", "open", "/etc/passwd", "execute", "/bin/true")
        #expect(
            lines == [
                "open: 0", "write: -1", "open: \(EACCES)", "write: 2", "open: 0", "open: \(EACCES)",
                "execute: \(EACCES)",
            ])
    }

    @Test(.enabled(if: Landlock.version == nil, "this kernel has Landlock"))
    func `a kernel without Landlock is reported and isn't an error`() throws {
        let lines = try lines("keep", "0", "landlock", "open", "/etc/passwd")
        #expect(lines == ["landlock: unavailable(errno: \(ENOSYS))", "open: 0"])
    }

    @Test func `one's own state is read`() throws {
        let state = try ConfinementState.own()
        #expect(state.user == geteuid())
        #expect(!state.isUnprivileged)
    }

    @Test func `users are found by name and by number`() throws {
        #expect(UserAccount(named: "root") == UserAccount(id: 0, group: 0))
        #expect(UserAccount(named: "0") == UserAccount(id: 0, group: 0))
        #expect(UserAccount(named: "nobody")?.id == 65534)
        #expect(UserAccount(named: "61999") == UserAccount(id: 61999, group: 61999))
        #expect(UserAccount(named: "no-such-user") == nil)
        #expect(UserAccount(named: "4294967295") == nil)
        #expect(UserAccount(numbered: 61999) == nil)
    }
}
