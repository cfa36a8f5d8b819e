import ProcFS
import Testing

/// The files that the host's watch reads, as Linux writes them.
@Suite struct MeasurementParserTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func readsWhatChildrenUsedAndWhereTheStackBegins() throws {
        let stat = try ProcStat(parsing: bytes(Samples.stat.replacing(" 17 25 0 0 20", with: " 17 25 3 4 20")))
        #expect(stat.childUserTicks == 3 && stat.childSystemTicks == 4 && stat.stackStart == 140_722_593_912_880)
        let hidden = try ProcStat(parsing: bytes(Samples.stat.replacing("140722593912880", with: "0")))
        #expect(hidden.stackStart == nil && hidden.processor == stat.processor)
    }

    @Test func readsMemoryOfStatus() throws {
        let status = try MemoryStatus(parsing: bytes(Samples.memoryStatus))
        #expect(status.effectiveUser == 1001 && status.anonymousBytes == 5_242_880 && status.swapBytes == 12288)
        #expect(status.ignoresChildren)
        let zombie = try MemoryStatus(parsing: bytes("Name:\tx\nUid:\t0\t0\t0\t0\nSigIgn:\t0000000000000000\n"))
        #expect(zombie.anonymousBytes == nil && zombie.swapBytes == nil && !zombie.ignoresChildren)
    }

    @Test func readsMemoryThatNoResidentSizeShows() throws {
        let text = Samples.memoryStatus + "RssShmem:\t 12 kB\nVmPTE:\t 40 kB\nHugetlbPages:\t 4096 kB\n"
        let status = try MemoryStatus(parsing: bytes(text))
        #expect(status.sharedBytes == 12288 && status.pageTableBytes == 40960 && status.hugeTLBBytes == 4 << 20)
        let rollup = try SmapsRollup(
            parsing: bytes("Pss: 9 kB\nPss_Anon: 1 kB\nAnonymous: 8 kB\nLazyFree: 4 kB\nPrivate_Hugetlb: 2048 kB\n"))
        #expect(rollup.anonymousBytes == 8192 && rollup.lazilyFreedBytes == 4096)
        #expect(rollup.privateHugeTLBBytes == 2 << 20 && rollup.proportionalBytes == 9216)
    }

    @Test func readsLimits() throws {
        #expect(try ProcLimits(parsing: bytes(Samples.limits)).openFiles == 1024)
        let unlimited = Samples.limits.replacing("1024                 524288 ", with: "unlimited            unlimited")
        #expect(try ProcLimits(parsing: bytes(unlimited)).openFiles == nil)
    }

    @Test func readsTransfers() throws {
        let io = try ProcIO(parsing: bytes(Samples.io))
        #expect(io.readBytes == 4096 && io.writtenBytes == 8192)
        let devices = try DiskStats(parsing: bytes(Samples.diskstats)).devices
        #expect(devices.map(\.name) == ["vda", "vda1", "dm-0"])
        #expect(devices[0].readBytes == 11_935_642 * 512 && devices[0].writtenBytes == 11_601_656 * 512)
        let interfaces = try NetworkDevices(parsing: bytes(Samples.networkDevices)).devices
        #expect(interfaces.map(\.name) == ["lo", "eth0:1"])
        #expect(interfaces[1].receivedBytes == 240_858_699 && interfaces[1].sentBytes == 189_990)
    }

    @Test func readsCgroups() throws {
        let cgroup = try ProcCgroup(parsing: bytes(Samples.cgroup))
        #expect(cgroup.memory == "/batch:x" && cgroup.systemd == "/" && cgroup.unified == "/")
        #expect(cgroup.path == "/batch:x")
        #expect(try ProcCgroup(parsing: bytes("0::/a\n")).path == "/a")
        #expect(try ProcCgroup(parsing: []).path == "/")
    }

    @Test func readsTheHost() throws {
        let memory = try MemInfo(parsing: bytes(Samples.meminfo))
        #expect(memory.total == 25_276_514_304 && memory.available == 23_741_579_264)
        #expect(memory.swapTotal == 1024 && memory.swapFree == 0)
        let stat = try HostStat(parsing: bytes(Samples.hostStat))
        #expect(stat.user == 231_028 && stat.steal == 224 && stat.cpuCount == 2)
        #expect(try LoadAverage(parsing: bytes("11.07 8.50 5.00 3/400 21205\n")).lastMinute == 11.07)
        #expect(try SmapsRollup(parsing: bytes(Samples.smapsRollup)).proportionalBytes == 91 * 1024)
    }

    @Test func readsConnections() throws {
        let sockets = try TCPTable(parsing: bytes(Samples.tcp)).sockets
        #expect(sockets.map(\.inode) == [4242, 4243])
        #expect(sockets.map(\.state) == [10, 1])
        #expect(sockets[1].remote.description == "10.0.0.2:5432")
        let newer = try TCPTable(parsing: bytes(Samples.tcp6)).sockets
        #expect(newer.map(\.remote.description) == ["[fe80::1]:443", "127.0.0.1:6379"])
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1:80"), ("[::1]:80", "[::1]:80"), ("[::]:0", "[::]:0"),
        ("[2001:DB8:0:0:1:0:0:1]:1", "[2001:db8::1:0:0:1]:1"), ("[1:0:2:0:0:0:3:4]:1", "[1:0:2::3:4]:1"),
        ("[1:0:2:3:4:5:6:7]:65535", "[1:0:2:3:4:5:6:7]:65535"), ("[::ffff:10.0.0.1]:5", "10.0.0.1:5"),
        ("[fe80::]:1", "[fe80::]:1"), ("[::ffff:a00:1]:5", "10.0.0.1:5"),
    ])
    func namesEndpoints(text: String, canonical: String) {
        #expect(SocketEndpoint(parsing: text)?.description == canonical)
    }

    @Test(arguments: [
        "", ":", "1.2.3:1", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.256:1", "[::1:1", "[1:2]:1", "[:::]:1",
        "[1:2:3:4:5:6:7:8:9]:1", "localhost:1", "[1::2::3]:1", "[12345::]:1", "1.2.3.-4:1",
    ])
    func refusesOtherEndpoints(text: String) { #expect(SocketEndpoint(parsing: text) == nil) }

    @Test func readsNetlinkMessages() throws {
        var message = [UInt8](repeating: 0, count: 88)
        message.replaceSubrange(0..<6, with: [88, 0, 0, 0, 20, 0])
        message[16] = 2
        message[17] = 1
        message.replaceSubrange(22..<24, with: [0x15, 0x38])
        message.replaceSubrange(40..<44, with: [10, 0, 0, 2])
        message.replaceSubrange(84..<88, with: [0x92, 0x10, 0, 0])
        let done: [UInt8] = [16, 0, 0, 0, 3, 0, 2, 0] + [UInt8](repeating: 0, count: 8)
        let all = try SocketMessages(parsing: message + done)
        #expect(all.isLast && all.sockets.map(\.remote.description) == ["10.0.0.2:5432"])
        #expect(all.sockets.map(\.inode) == [4242])
        for length in 1..<message.count { _ = try? SocketMessages(parsing: Array(message.prefix(length))) }
        #expect(throws: ProcFSError.malformed(file: "sock_diag", field: "length")) {
            try SocketMessages(parsing: [4] + [UInt8](repeating: 0, count: 15))
        }
        let refusal: [UInt8] = [20, 0, 0, 0, 2, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + [0xFF, 0xFF, 0xFF, 0xFF]
        #expect(throws: ProcFSError.notPermitted(file: "sock_diag")) { try SocketMessages(parsing: refusal) }
    }

    @Test func countsWholeDevicesOnly() throws {
        let sys = try FakeDevices()
        for (name, isWhole) in [
            ("vda", true), ("vda1", false), ("dm-0", false), ("loop0", false), ("../..", false),
            ("cciss/c0d0", true),
        ] {
            #expect(sys.devices.isWhole(name) == isWhole, "\(name)")
        }
    }
}
