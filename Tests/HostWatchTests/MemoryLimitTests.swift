import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// The memory that processes may use, by cgroups v1 and v2.
@Suite struct MemoryLimitTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func limit(of cgroup: String, _ files: [String: String]) throws -> MemoryLimit? {
        try host.add(10, "a", cgroup: cgroup)
        for (path, content) in files { try host.root.write(content, to: "cgroup/\(path)") }
        var collector = try host.collector()
        return try collector.collect(at: host.time(0)).processes.first?.memory.limit
    }

    private let ofHost = MemoryLimit(bytes: 1_024_000_000, source: .host)

    @Test func isTheLowestOnTheWayToTheRoot() throws {
        let limit = try limit(
            of: "0::/a/b/c\n",
            [
                "cgroup.controllers": "memory\n", "a/memory.max": "5000000\n", "a/b/memory.max": "max\n",
                "a/b/c/memory.max": "7000000\n", "a/b/c/memory.high": "max\n",
            ])
        #expect(limit == MemoryLimit(bytes: 5_000_000, source: .cgroup))
    }

    @Test func isWhereTheKernelHoldsProcessesUp() throws {
        let files = ["cgroup.controllers": "", "a/memory.max": "7000000\n", "a/memory.high": "6000000\n"]
        #expect(try limit(of: "0::/a\n", files) == MemoryLimit(bytes: 6_000_000, source: .cgroup))
    }

    /// The root of a container's own cgroup namespace has a limit.
    @Test func isThatOfTheNamespacesRoot() throws {
        let files = ["cgroup.controllers": "", "memory.max": "4000000\n"]
        #expect(try limit(of: "0::/\n", files) == MemoryLimit(bytes: 4_000_000, source: .cgroup))
    }

    @Test(arguments: ["0::/../../other\n", "0::/gone (deleted)\n", "0::/\n", "", "noise\n"])
    func isTheHostsWhereNoCgroupSaysSo(cgroup: String) throws {
        #expect(try limit(of: cgroup, ["cgroup.controllers": "", "other/memory.max": "1\n"]) == ofHost)
    }

    @Test func comesFromTheFirstVersionBesideTheSecond() throws {
        let files = [
            "unified/cgroup.procs": "", "memory/a/memory.limit_in_bytes": "3000000\n",
            "memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
        ]
        #expect(try limit(of: "4:memory:/a/b\n0::/x\n", files) == MemoryLimit(bytes: 3_000_000, source: .cgroup))
    }

    @Test func isReadAgainAtItsInterval() throws {
        _ = try limit(of: "0::/a\n", ["cgroup.controllers": "", "a/memory.max": "5000000\n"])
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try host.root.write("6000000\n", to: "cgroup/a/memory.max")
        let later = try collector.collect(at: host.time(61)).processes.first?.memory.limit
        #expect(later == MemoryLimit(bytes: 6_000_000, source: .cgroup))
    }

    /// The same without a collector, of the process alone.
    @Test(arguments: ["0::/a/b\n", "0::/u/b\n", "0::/\n", "noise\n"])
    func canBeAskedOfOneProcess(cgroup: String) throws {
        let files = [
            "cgroup.controllers": "", "a/memory.max": "5000000\n", "a/memory.current": "4700000\n",
            "u/memory.max": "9000000\n",
        ]
        let watched = try collect(cgroup, files).processes.first?.memory
        let procfs = ProcFS(root: "\(host.root.path)/proc")
        let process = try procfs.process(ProcessID(rawValue: 10))
        let cgroups = CgroupFS(root: "\(host.root.path)/cgroup")
        if cgroup == "noise\n" {
            do {
                _ = try MemoryLimit.read(of: process, in: procfs, cgroups: cgroups)
                Issue.record("a cgroup was made up")
            } catch {
                #expect(error == .malformed(file: "cgroup", field: "line"))
            }
        } else {
            let read = try MemoryLimit.read(of: process, in: procfs, cgroups: cgroups)
            #expect(read.limit == watched?.limit && read.room == watched?.room)
            let rooms: [String: MemoryRoom] = ["0::/a/b\n": .shared(300_000), "0::/u/b\n": .unknown]
            #expect(read.room == rooms[cgroup] ?? .shared(614_400_000 + 102_400))
        }
    }

    @Test func isOneOfHundreds() throws {
        try host.root.write("", to: "cgroup/cgroup.controllers")
        for number: Int32 in 1...300 {
            try host.root.write("\(number)000\n", to: "cgroup/g/\(number)/memory.max")
            try host.add(number, "a", cgroup: "0::/g/\(number)\n")
        }
        var collector = try host.collector()
        let processes = try collector.collect(at: host.time(0)).processes
        #expect(processes.count == 300)
        #expect(processes.allSatisfy { $0.memory.limit.bytes == UInt64($0.identity.process.rawValue) * 1000 })
    }

    private func collect(_ cgroup: String, _ files: [String: String]) throws -> HostSnapshot {
        _ = try limit(of: cgroup, files)
        var collector = try host.collector()
        return try collector.collect(at: host.time(0))
    }

    /// The fullest on the way counts, with what others in it use, but not what the kernel takes back at once.
    @Test func leavesTheRoomOfTheFullestOnTheWay() throws {
        let snapshot = try collect(
            "0::/a/b\n",
            [
                "cgroup.controllers": "", "a/memory.max": "9000000\n", "a/memory.current": "8000000\n",
                "a/memory.stat": "anon 1\nfile 9\ninactive_file 500000\nactive_file 7\n",
                "a/b/memory.max": "5000000\n", "a/b/memory.current": "3000000\n",
            ])
        let memory = try #require(snapshot.processes.first?.memory)
        #expect(memory.limit.bytes == 5_000_000 && memory.room == .shared(1_500_000))
        #expect(memory.limitShare == Double(memory.leakable) / 5_000_000)
        let largest = CgroupMemory.Member(
            process: ProcessID(rawValue: 10), command: "a", anonymous: memory.anonymous)
        #expect(
            snapshot.cgroups == [
                CgroupMemory(
                    path: "/a", limit: CgroupLimit(bytes: 9_000_000, kind: .max),
                    use: CgroupUse(current: 8_000_000, inactiveFile: 500_000, unreclaimable: 7_499_993), group: "a",
                    processes: 1, largest: largest),
                CgroupMemory(
                    path: "/a/b", limit: CgroupLimit(bytes: 5_000_000, kind: .max),
                    use: CgroupUse(current: 3_000_000, inactiveFile: 0, unreclaimable: nil), group: "a",
                    processes: 1, largest: largest),
            ])
    }

    @Test func leavesTheRoomOfTheFirstVersion() throws {
        let snapshot = try collect(
            "4:memory:/a\n0::/x\n",
            [
                "unified/cgroup.procs": "", "memory/a/memory.limit_in_bytes": "3000000\n",
                "memory/a/memory.usage_in_bytes": "2500000\n",
                "memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 100000\n",
            ])
        #expect(snapshot.processes.first?.memory.room == .shared(600_000))
        let use = CgroupUse(current: 2_500_000, inactiveFile: 100_000, unreclaimable: nil)
        #expect(snapshot.cgroups.map(\.use) == [use])
    }

    /// Free memory and swap, in `FakeHost`.
    @Test func leavesTheHostsRoomWithoutALimit() throws {
        let snapshot = try collect("0::/a\n", ["cgroup.controllers": "", "a/memory.current": "1\n"])
        #expect(snapshot.processes.first?.memory.room == .shared(614_400_000 + 102_400) && snapshot.cgroups == [])
    }

    /// A limit whose use can't be read says nothing of its room, and is not told as empty or full.
    @Test(arguments: ["", "noise\n", "-1\n"]) func isNotGuessedAt(current: String) throws {
        let files = ["cgroup.controllers": "", "a/memory.max": "9000000\n", "a/memory.current": current]
        let snapshot = try collect("0::/a\n", files)
        #expect(snapshot.processes.first?.memory.limit.bytes == 9_000_000)
        #expect(snapshot.processes.first?.memory.room == .unknown)
        #expect(snapshot.cgroups.map(\.path) == ["/a"] && snapshot.cgroups.map(\.use) == [nil])
    }

    @Test func isToldWithTheGroupThatMostLiveIn() throws {
        try host.root.write("", to: "cgroup/cgroup.controllers")
        try host.root.write("9000000\n", to: "cgroup/a/memory.max")
        try host.root.write("1000000\n", to: "cgroup/a/memory.current")
        for (number, name) in [(10, "x"), (11, "y"), (12, "y"), (13, "z")] as [(Int32, String)] {
            try host.add(number, name, cgroup: name == "z" ? "0::/other\n" : "0::/a/\(number)\n")
        }
        var collector = try host.collector()
        let cgroups = try collector.collect(at: host.time(0)).cgroups
        #expect(cgroups.map(\.group) == ["y"] && cgroups.map(\.processes) == [3] && cgroups.map(\.path) == ["/a"])
    }
}
