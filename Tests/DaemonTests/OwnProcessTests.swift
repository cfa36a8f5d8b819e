import Confinement
import Daemon
import Foundation
import ProcFS
import TestSupport
import Testing

/// What the process says of itself.
@Suite struct OwnProcessTests {
    @Test func `Its use, by the kernel's figures`() throws {
        let before = try SelfUsage()
        var block = [UInt8](repeating: 1, count: 64 << 20)
        for index in stride(from: 0, to: block.count, by: 4096) { block[index] = 2 }
        let handles = try (0..<10).map { _ in try FileHandle(forReadingFrom: URL(filePath: "/dev/null")) }
        let after = try SelfUsage()
        #expect(after.residentBytes >= before.residentBytes + (48 << 20))
        #expect(after.virtualBytes >= after.residentBytes)
        #expect(after.cpuSeconds > before.cpuSeconds)
        #expect(after.openDescriptors >= before.openDescriptors + UInt64(handles.count) - 5)
        #expect(after.descriptorLimit.map { $0 >= after.openDescriptors } ?? true)
        withExtendedLifetime((block, handles)) {}
    }

    private func tree(_ status: String, mounts: String, namespace: String) throws -> TemporaryDirectory {
        let tree = try TemporaryDirectory()
        try tree.write("Name:\tx\nTgid:\t7\nPid:\t7\nTracerPid:\t0\n\(status)", to: "7/status")
        try tree.write("7 (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 100 10", to: "7/stat")
        try tree.write(mounts, to: "7/mounts")
        let files = FileManager.default
        try files.createSymbolicLink(atPath: "\(tree.path)/self", withDestinationPath: "7")
        try files.createDirectory(atPath: "\(tree.path)/7/ns", withIntermediateDirectories: false)
        try files.createSymbolicLink(atPath: "\(tree.path)/7/ns/pid", withDestinationPath: namespace)
        return tree
    }

    private static let host = "pid:[4026531836]"
    private static let ordinary = "proc /proc proc rw,nosuid 0 0\n"
    private static let user = "Uid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n"

    @Test func `An agent that sees everything`() throws {
        let tree = try tree(
            Self.user + "CapEff:\t0000000000080004\nCapBnd:\t0000000000080004\n", mounts: Self.ordinary,
            namespace: Self.host)
        #expect(Visibility.limitations(ProcFS(root: tree.path)).isEmpty)
    }

    @Test func `An ordinary user is told what it takes`() throws {
        let tree = try tree(
            Self.user + "CapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\nNoNewPrivs:\t0\n",
            mounts: "proc /proc proc rw,hidepid=invisible 0 0\n", namespace: "pid:[4026532000]")
        let texts = Visibility.limitations(ProcFS(root: tree.path))
        #expect(texts.count == 3)
        #expect(texts[0].contains("CAP_SYS_PTRACE") && texts[0].contains("sudo"))
        #expect(texts[1].contains("hidepid=0"))
        #expect(texts[2].contains("--pid=host"))
    }

    @Test func `A /proc that shows processes only`() throws {
        let tree = try tree(
            Self.user + "CapEff:\t0000000000080004\nCapBnd:\t0000000000080004\n",
            mounts: Self.ordinary + "proc /proc proc rw,relatime,subset=pid 0 0\n", namespace: Self.host)
        let texts = Visibility.limitations(ProcFS(root: tree.path))
        #expect(texts.count == 1 && texts[0].contains("subset=pid") && texts[0].contains("ProcSubset=all"))
        try tree.write("cpu  1\n", to: "stat")
        #expect(Visibility.limitations(ProcFS(root: tree.path)).isEmpty)
    }

    @Test func `Half of the capabilities`() throws {
        let tree = try tree(
            Self.user + "CapEff:\t0000000000080000\nCapBnd:\t0000000000080000\n", mounts: Self.ordinary,
            namespace: Self.host)
        #expect(Visibility.limitations(ProcFS(root: tree.path)).map { $0.contains("READ_SEARCH") } == [true])
    }

    @Test func `Capabilities are not dropped in a process with threads`() {
        #expect(throws: ConfinementError.self) { try Daemon.Privileges(user: nil, listenAddresses: []).restrict() }
    }
}
