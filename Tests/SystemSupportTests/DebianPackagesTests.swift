import SystemSupport
import TestSupport
import Testing

/// Which package a file is of, by lists as dpkg keeps them.
@Suite struct DebianPackagesTests {
    private let root: TemporaryDirectory

    init() throws {
        root = try TemporaryDirectory()
        for (name, text) in [
            "redis-tools.list": "/.\n/usr\n/usr/bin\n/usr/bin/redis-check-rdb\n",
            "libc6:amd64.list": "/.\n/lib/x86_64-linux-gnu/libc.so.6\n",
            "other.list": "/usr/bin/redis-check-rdb.old\n/opt/bin/x",
            "notes.txt": "/opt/y\n",
        ] { try root.write(text, to: "var/lib/dpkg/info/\(name)") }
    }

    @Test func `Files belong to the packages that list them, with the directories as they were or are`() {
        let packages = DebianPackages(root: root.path)
        #expect(packages.exist)
        let owners = packages.owners(of: [
            "/usr/bin/redis-check-rdb", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/bin/redis-check-rdb", "/usr/bin/redis",
            "/opt/y", "redis-check-rdb", "", "/usr/bin\n/usr/bin/redis-check-rdb",
        ])
        #expect(
            owners == [
                "/usr/bin/redis-check-rdb": "redis-tools", "/usr/lib/x86_64-linux-gnu/libc.so.6": "libc6",
                "/bin/redis-check-rdb": "redis-tools",
            ])
    }

    @Test func `Without packages nothing is known`() throws {
        let packages = DebianPackages(root: try TemporaryDirectory().path)
        #expect(!packages.exist && packages.owners(of: ["/usr/bin/x"]).isEmpty)
    }

    @Test func `A list that has no end, or is no file, is skipped`() throws {
        let directory = root.path + "/var/lib/dpkg/info"
        try runSuccessfully(["/usr/bin/mkfifo", "\(directory)/a.list"])
        try runSuccessfully(["/usr/bin/mkdir", "\(directory)/b.list"])
        try runSuccessfully(["/usr/bin/truncate", "-s", "40M", "\(directory)/c.list"])
        let owners = DebianPackages(root: root.path).owners(of: ["/usr/bin/redis-check-rdb"])
        #expect(owners == ["/usr/bin/redis-check-rdb": "redis-tools"])
    }
}
