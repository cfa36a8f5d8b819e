import HostWatch
import ProcFS
import TestSupport
import Testing

/// What becomes of processes and their groups from collection to collection, on a fake `/proc`.
@Suite struct WatchingTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func group(_ name: String, in snapshot: HostSnapshot) throws -> GroupMeasurement {
        try #require(snapshot.groups.first { $0.name == name })
    }

    @Test func measuresHostAndProcesses() throws {
        try host.root.write("0.25 1 1 1/2 3\n", to: "proc/loadavg")
        try host.root.write("42\n", to: "proc/10/unrelated")
        try host.add(10, "a", ticks: (300, 50), io: (1000, 2000))
        try host.add(2, "kthreadd", flags: 0x20_0000)
        var collector = try host.collector()
        let snapshot = try collector.collect(at: host.time(0))
        #expect(
            snapshot.host.memory
                == .value(
                    HostMemory(total: 1_024_000_000, available: 614_400_000, swapTotal: 204_800, swapFree: 102_400)))
        #expect(
            snapshot.host.cpu.value?.user == 1 && snapshot.host.cpu.value?.steal == 8 && snapshot.host.cpuCount == 2)
        #expect(snapshot.host.disk == .notOffered && snapshot.host.loadAverage == .value(0.25))
        let process = try #require(snapshot.processes.first)
        #expect(snapshot.processes.count == 1)
        #expect(process.memory.resident == 409_600 && process.memory.anonymous == 307_200)
        #expect(process.memory.swap == .value(12288) && process.memory.proportional == .notRead)
        #expect(process.memory.limit == MemoryLimit(bytes: 1_024_000_000, source: .host))
        #expect(process.cpu == ProcessorTimes(user: 3, system: 0.5) && process.threads == 3)
        #expect(process.disk == .value(DiskTransfer(read: 1000, written: 2000)))
        // The fake process has neither `limits` nor a network namespace.
        #expect(process.descriptors.value == nil && process.connections.value == nil)
        #expect(process.user == FakeHost.user && process.startedAt <= 1000)
    }

    @Test func countsOnlyWhatIsUsedWhileItWatches() throws {
        try host.add(10, "a", ticks: (1000, 0))
        var collector = try host.collector()
        #expect(try group("a", in: collector.collect(at: host.time(0))).cpu == ProcessorTimes(user: 0, system: 0))
        try host.add(10, "a", ticks: (1100, 20))
        try host.add(11, "a", start: host.startNow(), ticks: (50, 0))
        #expect(try group("a", in: collector.collect(at: host.time(5))).cpu == ProcessorTimes(user: 1.5, system: 0.2))
    }

    @Test func keepsWhatEndedProcessesUsedUntilTheGraceIsOver() throws {
        try host.add(10, "a")
        try host.add(11, "b")
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.add(10, "a", ticks: (700, 0))
        _ = try collector.collect(at: host.time(5))
        try host.remove(10)
        let after = try group("a", in: collector.collect(at: host.time(10)))
        #expect(after.processes == 0 && after.ended == 1 && after.cpu.user == 7 && after.resident == .value(0))
        #expect(try group("a", in: collector.collect(at: host.time(309))).cpu.user == 7)
        #expect(try collector.collect(at: host.time(310)).groups.map(\.name) == ["b"])
    }

    @Test func tellsReusedNumbersApart() throws {
        try host.add(10, "a", ticks: (500, 0))
        var collector = try host.collector()
        let first = try collector.collect(at: host.time(0))
        try host.add(10, "b", start: host.startNow(), ticks: (30, 0))
        let second = try collector.collect(at: host.time(5))
        #expect(first.processes.map(\.identity) != second.processes.map(\.identity))
        #expect(host.groups(second) == [10: "b"])
        #expect(try group("b", in: second).cpu.user == 0.3)
        #expect(try group("a", in: second).ended == 1)
    }

    @Test func noticesAKernelThreadsNumberInOtherHands() throws {
        try host.add(10, "kworker/0:1", flags: 0x20_0000)
        var collector = try host.collector()
        #expect(try collector.collect(at: host.time(0)).processes.isEmpty)
        try host.add(10, "b", start: host.startNow())
        #expect(host.groups(try collector.collect(at: host.time(30))) == [10: "b"])
    }

    /// By the start of the stack, by the flag that fork sets, and where neither shows by the name.
    @Test(arguments: [(0, 7, 0, 8), (0x40, 7, 0, 7), (0, 0, 0, 0)])
    func findsTheGroupAnewAfterExec(flagsBefore: Int, stackBefore: Int, flagsAfter: Int, stackAfter: Int) throws {
        try host.add(10, "sh", flags: flagsBefore, stack: stackBefore)
        var collector = try host.collector()
        for number in 0..<3 { #expect(host.groups(try collector.collect(at: host.time(Double(number)))) == [10: "sh"]) }
        try host.add(10, "job", ticks: (100, 0), flags: flagsAfter, stack: stackAfter)
        let snapshot = try collector.collect(at: host.time(5))
        #expect(host.groups(snapshot) == [10: "job"])
        #expect(try group("sh", in: snapshot).processes == 0)
    }

    @Test func leavesAProcessThatRenamesItselfWhereItIs() throws {
        try host.add(10, "server", stack: 7)
        var collector = try host.collector()
        for number in 0..<3 { _ = try collector.collect(at: host.time(Double(number))) }
        try host.add(10, "server: idle", stack: 7)
        let snapshot = try collector.collect(at: host.time(5))
        #expect(host.groups(snapshot) == [10: "server"])
        #expect(snapshot.processes.map(\.command) == ["server: idle"])
    }

    @Test func countsChildrenThatNobodySawForWhoWaitedForThem() throws {
        try host.add(10, "shell", childTicks: (500, 500))
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.add(10, "shell", childTicks: (530, 507))
        #expect(
            try group("shell", in: collector.collect(at: host.time(5))).cpu == ProcessorTimes(user: 0.3, system: 0.07))
    }

    @Test func neverCountsAChildTwice() throws {
        try host.add(1, "init")
        try host.add(10, "shell")
        try host.add(11, "job", parent: 10)
        try host.add(12, "cc", parent: 11)
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.add(11, "job", parent: 10, ticks: (200, 0))
        try host.add(12, "cc", parent: 11, ticks: (300, 0))
        _ = try collector.collect(at: host.time(5))
        // Both end; their last moments, of 40 ticks, are all that is new to the shell's total.
        try host.remove(11)
        try host.remove(12)
        try host.add(10, "shell", childTicks: (540, 0))
        let snapshot = try collector.collect(at: host.time(10))
        #expect(try group("job", in: snapshot).cpu.user == 2)
        #expect(try group("cc", in: snapshot).cpu.user == 3)
        #expect(try group("shell", in: snapshot).cpu.user == 0.4)
        try host.add(10, "shell", childTicks: (550, 0))
        #expect(try group("shell", in: collector.collect(at: host.time(15))).cpu.user == 0.5)
    }

    @Test func neverCountsAnOrphanTwice() throws {
        try host.add(1, "init")
        try host.add(10, "shell")
        try host.add(11, "job", parent: 10)
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.add(11, "job", parent: 10, ticks: (200, 0))
        _ = try collector.collect(at: host.time(5))
        try host.remove(10)
        try host.remove(11)
        try host.add(1, "init", childTicks: (210, 0))
        #expect(try group("init", in: collector.collect(at: host.time(10))).cpu.user == 0.1)
    }

    @Test func countsDiskOnceThoughParentsTakeItIn() throws {
        try host.add(10, "shell", io: (0, 0))
        try host.add(11, "job", parent: 10, io: (0, 0))
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.add(11, "job", parent: 10, io: (4096, 8192))
        _ = try collector.collect(at: host.time(31))
        try host.remove(11)
        try host.add(10, "shell", io: (5096, 8192))
        _ = try collector.collect(at: host.time(62))
        let snapshot = try collector.collect(at: host.time(67))
        #expect(try group("job", in: snapshot).disk == .value(DiskTransfer(read: 4096, written: 8192)))
        #expect(try group("shell", in: snapshot).disk == .value(DiskTransfer(read: 1000, written: 0)))
    }

    @Test func putsGroupsBeyondTheMaximumTogether() throws {
        for number: Int32 in 10..<20 { try host.add(number, "p\(number)") }
        var settings = HostWatchSettings()
        settings.maximumGroups = 4
        var collector = try host.collector(settings)
        let snapshot = try collector.collect(at: host.time(0))
        #expect(snapshot.groups.map(\.name) == ["other", "p10", "p11", "p12", "p13"])
        #expect(try group("other", in: snapshot).processes == 6)
        #expect(snapshot.mergedProcesses == 6)
        settings.maximumGroups = 10
        var roomy = try host.collector(settings)
        #expect(try roomy.collect(at: host.time(0)).mergedProcesses == 0)
    }

    @Test func takesProcessesOutOfOtherWhenThereIsRoom() throws {
        for number: Int32 in 10..<14 { try host.add(number, "p\(number)") }
        try host.add(20, "child", parent: 13, start: 6000)
        var settings = HostWatchSettings()
        settings.maximumGroups = 2
        settings.rules = [GroupRule(name: "{{.Comm}}")]
        settings.rules[0].commands = (10..<14).map { "p\($0)" }
        var collector = try host.collector(settings)
        let first = host.groups(try collector.collect(at: host.time(0)))
        #expect(first == [10: "p10", 11: "p11", 12: "other", 13: "other", 20: "other"])
        try host.remove(10)
        #expect(host.groups(try collector.collect(at: host.time(5)))[12] == "other")
        _ = try collector.collect(at: host.time(306))
        let later = host.groups(try collector.collect(at: host.time(311)))
        #expect(later == [11: "p11", 12: "p12", 13: "other", 20: "other"])
        settings.maximumGroups = 3
        try collector.apply(settings)
        // The child inherits from the rule that took its parent.
        let last = host.groups(try collector.collect(at: host.time(316)))
        #expect(last == [11: "p11", 12: "p12", 13: "p13", 20: "p13"])
    }

    @Test func seesAddressSpaceThatNothingIsUsedOf() throws {
        try host.add(10, "a")
        var collector = try host.collector()
        #expect(try collector.collect(at: host.time(0)).processes.map(\.memory.virtual) == [8192])
        try host.add(10, "a", virtual: 1 << 40)
        #expect(try collector.collect(at: host.time(5)).processes.map(\.memory.virtual) == [1 << 40])
    }

    /// What is swapped out leaves RAM; read at another time it would be missing from the sum.
    @Test func missesNothingWhenTheHostStartsToSwap() throws {
        try host.add(10, "a", residentPages: 1000, swapKibibytes: 0)
        var collector = try host.collector()
        func leakable(_ seconds: Double) throws -> UInt64? {
            try collector.collect(at: host.time(seconds)).processes.first?.memory.leakable
        }
        let before = try leakable(0)
        #expect(before == 750 * 4096)
        try host.add(10, "a", residentPages: 600, swapKibibytes: 300 * 4)
        #expect(try leakable(1) == before)
        // Growth in RAM goes beside it.
        try host.add(10, "a", residentPages: 800, swapKibibytes: 300 * 4)
        #expect(try leakable(2) == before.map { $0 + 150 * 4096 })
        try host.add(10, "a", residentPages: 400, swapKibibytes: 600 * 4)
        #expect(try leakable(3) == before.map { $0 + 150 * 4096 })
    }

    @Test func readsNoSwapAheadOfTimeWhileNothingIsSwappedOut() throws {
        try host.root.write(
            "MemTotal: 1000000 kB\nMemAvailable: 600000 kB\nSwapTotal: 200 kB\nSwapFree: 200 kB\n", to: "proc/meminfo")
        try host.add(10, "a", residentPages: 1000, swapKibibytes: 0)
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.add(10, "a", residentPages: 600, swapKibibytes: 40)
        #expect(try collector.collect(at: host.time(1)).processes.map(\.memory.swap) == [.value(0)])
        #expect(try collector.collect(at: host.time(31)).processes.map(\.memory.swap) == [.value(40960)])
    }

    @Test func keepsWhatIsSwappedOutWhenItCannotBeRead() throws {
        try host.add(10, "a")
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.root.write("noise", to: "proc/10/status")
        #expect(try collector.collect(at: host.time(31)).processes.map(\.memory.swap) == [.value(12288)])
    }

    @Test func readsTheLimitOfDescriptorsWithTheirNumber() throws {
        try host.add(10, "a")
        func limit(_ number: Int) throws {
            try host.root.write("Limit Soft\nMax open files \(number) 9 files\n", to: "proc/10/limits")
        }
        func open(_ number: Int) throws { try host.link("/dev/null", at: "proc/10/fd/\(number)") }
        var collector = try host.collector()
        func shown(_ seconds: Double) throws -> DescriptorUse? {
            try collector.collect(at: host.time(seconds)).processes.first?.descriptors.value
        }
        try limit(100)
        try open(0)
        #expect(try shown(0) == DescriptorUse(open: 1, limit: 100))
        try limit(200)
        try open(1)
        #expect(try shown(31) == DescriptorUse(open: 2, limit: 200))
        try limit(300)
        #expect(try shown(400) == DescriptorUse(open: 2, limit: 300))
    }

    @Test func goesOnCountingUnderNewSettings() throws {
        try host.add(10, "a")
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.add(10, "a", ticks: (100, 0))
        _ = try collector.collect(at: host.time(5))
        var settings = HostWatchSettings()
        settings.rules = [GroupRule(name: "all")]
        try collector.apply(settings)
        try host.add(10, "a", ticks: (150, 0))
        let snapshot = try collector.collect(at: host.time(10))
        #expect(try group("a", in: snapshot).cpu.user == 1 && group("a", in: snapshot).processes == 0)
        #expect(try group("all", in: snapshot).cpu.user == 0.5)
        settings.rules = [GroupRule(name: "{{")]
        #expect(throws: GroupRuleError.self) { try collector.apply(settings) }
        #expect(host.groups(try collector.collect(at: host.time(15))) == [10: "all"])
    }

    @Test func showsWhatItLeavesOut() throws {
        try host.add(10, "a", io: (1, 1))
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        collector.degradation = [.disk, .descriptors]
        let snapshot = try collector.collect(at: host.time(5))
        #expect(snapshot.cost.degraded == ["disk", "descriptors"])
        #expect(snapshot.processes.map(\.disk) == [.notRead] && snapshot.processes.map(\.descriptors) == [.notRead])
        collector.degradation = []
        #expect(try collector.collect(at: host.time(36)).processes.map { $0.disk.value?.read } == [1])
    }

    @Test func survivesFilesThatAreNotWhatTheyShouldBe() throws {
        try host.add(10, "a")
        for (number, content) in [(20, ""), (21, "noise"), (22, "22 (x) S 1"), (23, "\n\n\n)(")] {
            try host.root.write(content, to: "proc/\(number)/stat")
        }
        try host.root.write("", to: "proc/24/environ")
        try host.add(25, "b")
        try host.root.write([0xFF, 0x0A, 0x00], to: "proc/25/cgroup")
        try host.root.write("", to: "proc/25/status")
        var collector = try host.collector()
        let snapshot = try collector.collect(at: host.time(0))
        #expect(host.groups(snapshot) == [10: "a", 25: "b"])
        #expect(snapshot.cost.hidden == 4 && snapshot.cost.vanished == 1)
    }

    private func dev(_ counters: KeyValuePairs<String, Int>) throws {
        let lines = counters.map { "  \($0.key): \($0.value) 0 0 0 0 0 0 0 \($0.value * 2) 0 0 0 0 0 0 0\n" }
        try host.root.write("Inter-|   Receive |  Transmit\n face |bytes\n" + lines.joined(), to: "proc/net/dev")
    }

    @Test func countsWhatDevicesCarryOnce() throws {
        for name in ["eth0", "eth1"] { try host.root.write("", to: "sys/class/net/\(name)/device/vendor") }
        // The second device serves the first.
        try host.root.write("", to: "sys/class/net/eth1/master/device/vendor")
        try host.root.write("", to: "sys/class/net/veth7/address")
        try dev(["lo": 900, "eth0": 100, "eth1": 100, "docker0": 90, "veth7": 90, "bond0": 100, "eth0.7": 50])
        var collector = try host.collector()
        #expect(
            try collector.collect(at: host.time(0)).host.network == .value(NetworkTransfer(received: 100, sent: 200)))
        try dev(["lo": 900, "docker0": 500])
        #expect(
            try collector.collect(at: host.time(5)).host.network == .value(NetworkTransfer(received: 100, sent: 200)))
    }

    @Test func countsAllButLoopbackUntilSomethingIsADevice() throws {
        try dev(["lo": 900, "eth0": 100, "eth1": 30])
        var collector = try host.collector()
        #expect(
            try collector.collect(at: host.time(0)).host.network == .value(NetworkTransfer(received: 130, sent: 260)))
        try host.root.write("", to: "sys/class/net/ens5/device/vendor")
        try dev(["lo": 900, "eth0": 150, "eth1": 40, "ens5": 7000])
        #expect(
            try collector.collect(at: host.time(5)).host.network == .value(NetworkTransfer(received: 130, sent: 260)))
        try dev(["lo": 900, "eth0": 250, "eth1": 50, "ens5": 7001])
        #expect(
            try collector.collect(at: host.time(10)).host.network == .value(NetworkTransfer(received: 131, sent: 262)))
        try dev(["lo": 900, "eth0": 350, "eth1": 60])
        #expect(
            try collector.collect(at: host.time(15)).host.network == .value(NetworkTransfer(received: 131, sent: 262)))
    }

    @Test func refusesAHostWithoutProc() throws {
        #expect(throws: HostWatchError.self) { _ = try HostCollector(procfs: ProcFS(root: "\(host.root.path)/none")) }
    }
}
