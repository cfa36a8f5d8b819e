import Foundation
import SystemSupport
import TestSupport
import Testing

@Suite struct TargetFileTests {
    private let directory: TemporaryDirectory
    private let pathFlag: Int32 = 0o10000000

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("code", to: "root/usr/lib/library.so")
        try directory.write("secret", to: "outside")
    }

    private func content(_ path: String, inode: UInt64? = nil) throws -> String {
        let root = try OwnedDescriptor(opening: directory.path + "/root", flags: pathFlag | O_DIRECTORY)
        return try text(of: try TargetFile.open(path, below: root, inode: inode))
    }

    private func text(of file: borrowing OwnedDescriptor) throws -> String {
        var bytes: [UInt8] = []
        while try file.append(upTo: 4096, at: bytes.count, to: &bytes) > 0 {}
        return String(decoding: bytes, as: UTF8.self)
    }

    private func link(_ name: String, to destination: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/root/" + name, withDestinationPath: destination)
    }

    @Test func `Opens a regular file below the root, for reading and close-on-exec`() throws {
        #expect(try content("/usr/lib/library.so") == "code")
        let root = try OwnedDescriptor(opening: directory.path + "/root", flags: pathFlag | O_DIRECTORY)
        let file = try TargetFile.open("usr/lib/library.so", below: root)
        #expect(fcntl(file.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(file.rawValue, F_GETFL) & O_ACCMODE == O_RDONLY)
    }

    @Test func `Absolute links and dots stay in the root`() throws {
        try link("absolute.so", to: "/usr/lib/library.so")
        #expect(try content("/absolute.so") == "code")
        #expect(try content("/../../usr/lib/library.so") == "code")
        try link("escape", to: "../outside")
        #expect(throws: TargetFileError.notFound) { try content("/escape") }
        try link("absolute-escape", to: directory.path + "/outside")
        #expect(throws: TargetFileError.notFound) { try content("/absolute-escape") }
    }

    @Test func `Magic links in a path aren't followed`() throws {
        let root = try OwnedDescriptor(opening: "/", flags: pathFlag | O_DIRECTORY)
        #expect(throws: TargetFileError.notFound) { _ = try TargetFile.open("/proc/self/exe", below: root) }
    }

    @Test func `A pipe without a writer is refused at once`() throws {
        let made = unsafe mkfifo(directory.path + "/root/pipe", 0o600)
        try #require(made == 0)
        #expect(throws: TargetFileError.notRegular(.pipe)) { try content("/pipe") }
    }

    @Test func `Directories, sockets and devices are refused`() throws {
        #expect(throws: TargetFileError.notRegular(.directory)) { try content("/usr") }
        let socketPath = directory.path + "/root/socket"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(socketPath.utf8.count < 100)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: socketPath.utf8) }
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        #expect(throws: TargetFileError.notRegular(.socket)) { try content("/socket") }
        let root = try OwnedDescriptor(opening: "/", flags: pathFlag | O_DIRECTORY)
        #expect(throws: TargetFileError.notRegular(.characterDevice)) {
            _ = try TargetFile.open("/dev/null", below: root)
        }
    }

    @Test(arguments: [("/proc/self/maps", "proc"), ("/proc/version", "proc"), ("/sys/kernel/notes", "sysfs")])
    func `Files of the kernel are refused`(path: String, name: String) throws {
        let root = try OwnedDescriptor(opening: "/", flags: pathFlag | O_DIRECTORY)
        #expect(throws: TargetFileError.refusedFileSystem(name)) { _ = try TargetFile.open(path, below: root) }
    }

    @Test func `Only the expected file is opened`() throws {
        let inode = try FileStatus(path: directory.path + "/root/usr/lib/library.so").inode
        #expect(try content("/usr/lib/library.so", inode: inode) == "code")
        #expect(throws: TargetFileError.replaced) { try content("/usr/lib/library.so", inode: inode + 1) }
    }

    @Test(arguments: ["", "/none", "/usr/lib/library.so/none", "/usr\u{0}/lib", String(repeating: "a", count: 300)])
    func `What is not there isn't found`(path: String) {
        #expect(throws: TargetFileError.notFound) { try content(path) }
    }

    @Test func `A loop of links isn't found`() throws {
        try link("loop", to: "loop")
        #expect(throws: TargetFileError.notFound) { try content("/loop") }
    }

    @Test func `A magic link leads to a file that is deleted`() throws {
        let path = directory.path + "/root/usr/lib/library.so"
        let kept = try OwnedDescriptor(opening: path, flags: O_RDONLY)
        let inode = try kept.status().inode
        try FileManager.default.removeItem(atPath: path)
        let descriptors = try OwnedDescriptor(opening: "/proc/self/fd", flags: pathFlag | O_DIRECTORY)
        let file = try TargetFile.open(link: "\(kept.rawValue)", in: descriptors, inode: inode, place: "here")
        #expect(try text(of: file) == "code")
    }

    @Test func `A magic link to a pipe is refused`() throws {
        var ends: [Int32] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let descriptors = try OwnedDescriptor(opening: "/proc/self/fd", flags: pathFlag | O_DIRECTORY)
        #expect(throws: TargetFileError.notRegular(.pipe)) {
            _ = try TargetFile.open(link: "\(ends[0])", in: descriptors, place: "here")
        }
    }

    @Test func `Host paths lead only below the debug directories`() throws {
        let inside = [directory.path + "/root/usr"]
        let path = inside[0] + "/lib/library.so"
        #expect(try text(of: try TargetFile.open(hostPath: path, inside: inside)) == "code")
        for escape in [inside[0] + "/../../outside", directory.path + "/outside", "/dev/null", inside[0]] {
            #expect(throws: TargetFileError.notFound) { _ = try TargetFile.open(hostPath: escape, inside: inside) }
        }
        try link("usr/leave.debug", to: "../../outside")
        #expect(throws: TargetFileError.notFound) {
            _ = try TargetFile.open(hostPath: inside[0] + "/leave.debug", inside: inside)
        }
        #expect(throws: TargetFileError.notFound) {
            _ = try TargetFile.open(hostPath: "/usr/lib/debug/../../../etc/passwd")
        }
    }

    private static let canMountFUSE = unsafe Privileges.isRoot && access("/dev/fuse", R_OK | W_OK) == 0

    /// Mounts a file system in its own namespace that answers no request as long as it lives.
    private static let silentFileSystem = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <sched.h>
        #include <stdio.h>
        #include <sys/mount.h>
        #include <unistd.h>
        int main(void) {
            char options[100];
            if (unshare(CLONE_NEWNS) || mount("none", "/", 0, MS_REC | MS_PRIVATE, 0)) return 1;
            int requests = open("/dev/fuse", O_RDWR);
            sprintf(options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", requests);
            if (mount("silent", "/mnt", "fuse", 0, options)) return 2;
            write(1, "ready\\n", 6);
            for (;;) pause();
        }
        """

    @Test(.enabled(if: canMountFUSE), .timeLimit(.minutes(2)))
    func `A file system that doesn't answer holds nobody up, and is asked again once it has ended`() throws {
        let program = try TestProgram(named: "silent-files", source: Self.silentFileSystem)
        let root = try OwnedDescriptor(opening: "/proc/\(program.pid)/root", flags: pathFlag | O_DIRECTORY)
        #expect(throws: TargetFileError.timedOut) { _ = try TargetFile.open("/mnt/library.so", below: root) }
        #expect(throws: TargetFileError.timedOut) { _ = try TargetFile.open("/mnt/other.so", below: root) }
        let elsewhere = try TargetFile.open("/etc/passwd", below: root)
        #expect(try !text(of: elsewhere).isEmpty)
        program.kill()
        let hasEnded = eventually {
            do throws(TargetFileError) {
                _ = try TargetFile.open("/mnt/library.so", below: root)
                return true
            } catch {
                return error != .timedOut
            }
        }
        #expect(hasEnded)
    }

    @Test(.enabled(if: !Privileges.isRoot)) func `An unreadable file isn't permitted`() throws {
        let changed = unsafe chmod(directory.path + "/root/usr/lib/library.so", 0)
        try #require(changed == 0)
        #expect(throws: TargetFileError.notPermitted) { try content("/usr/lib/library.so") }
    }
}
