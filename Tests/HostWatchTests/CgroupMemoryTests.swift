import Foundation
import HostWatch
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// What cgroups with limits use, as their files say it.
@Suite struct CgroupMemoryTests {
    private let host: FakeHost

    init() throws {
        host = try FakeHost()
        try host.root.write("", to: "cgroup/cgroup.controllers")
    }

    private func write(_ files: [String: String], to cgroup: String) throws {
        for (name, content) in files { try host.root.write(content, to: "cgroup/\(cgroup)/\(name)") }
    }

    private func collect() throws -> [CgroupMemory] {
        var collector = try host.collector()
        return try collector.collect(at: host.time(0)).cgroups
    }

    @Test func leavesOutWhatTheKernelTakesBack() throws {
        try host.add(10, "a", cgroup: "0::/a\n")
        try write(
            [
                "memory.max": "10000000\n", "memory.current": "9900000\n",
                "memory.stat": """
                anon 1000000
                file 8000000
                shmem 500000
                inactive_anon 1500000
                inactive_file 3000000
                active_file 4500000
                slab_reclaimable 700000
                slab_unreclaimable 100000

                """,
            ], to: "a")
        let cgroup = try #require(try collect().first)
        #expect(cgroup.use == CgroupUse(current: 9_900_000, inactiveFile: 3_000_000, unreclaimable: 1_700_000))
        #expect(cgroup.unreclaimableShare == 0.17 && cgroup.use?.working == 6_900_000)
    }

    /// The kernel splits them when memory is short; until then nothing maps the freed parts.
    @Test(arguments: [false, true]) func leavesOutTheFreedPartsOfHugePages(isFirstVersion: Bool) throws {
        try host.add(10, "a", cgroup: isFirstVersion ? "4:memory:/a\n0::/\n" : "0::/a\n")
        let prefix = isFirstVersion ? "total_" : ""
        let stat = [
            (isFirstVersion ? "rss" : "anon", 600_000), ("shmem", 400_000), ("swapcached", 100_000),
            ("inactive_anon", 6_000_000), ("active_anon", 2_000_000), ("inactive_file", 0), ("active_file", 0),
        ]
        let text = stat.map { "\(prefix)\($0) \($1)\n" }.joined()
        if isFirstVersion {
            try FileManager.default.removeItem(at: host.root.url.appending(path: "cgroup/cgroup.controllers"))
            try write(
                ["memory.limit_in_bytes": "10000000\n", "memory.usage_in_bytes": "9000000\n", "memory.stat": text],
                to: "memory/a")
        } else {
            try write(["memory.max": "10000000\n", "memory.current": "9000000\n", "memory.stat": text], to: "a")
        }
        #expect(try collect().first?.use?.unreclaimable == 9_000_000 - 6_900_000)
    }

    /// Which has no line for slab, and shows the cgroup's own memory and that of those below it apart.
    @Test func leavesOutTheKernelsMemoryInTheFirstVersion() throws {
        try FileManager.default.removeItem(at: host.root.url.appending(path: "cgroup/cgroup.controllers"))
        try host.add(10, "a", cgroup: "4:memory:/a\n0::/x\n")
        try write(
            [
                "memory.limit_in_bytes": "10000000\n", "memory.usage_in_bytes": "9000000\n",
                "memory.kmem.usage_in_bytes": "2000000\n",
                "memory.stat":
                    "inactive_file 1\nactive_file 2\ntotal_inactive_file 3000000\ntotal_active_file 1000000\n",
            ], to: "memory/a")
        let cgroup = try #require(try collect().first)
        #expect(cgroup.use == CgroupUse(current: 9_000_000, inactiveFile: 3_000_000, unreclaimable: 3_000_000))
        #expect(cgroup.limit.kind == .max)
    }

    @Test(arguments: [
        ("9", "8", CgroupLimit(bytes: 8_000_000, kind: .high)), ("8", "9", CgroupLimit(bytes: 8_000_000, kind: .max)),
        ("8", "8", CgroupLimit(bytes: 8_000_000, kind: .max)), ("", "8", CgroupLimit(bytes: 8_000_000, kind: .high)),
    ])
    func tellsWhetherTheLowerLimitKillsOrHoldsUp(max: String, high: String, limit: CgroupLimit) throws {
        try host.add(10, "a", cgroup: "0::/a\n")
        try write(
            ["memory.max": max.isEmpty ? "max\n" : "\(max)000000\n", "memory.high": "\(high)000000\n"], to: "a")
        #expect(try collect().map(\.limit) == [limit])
    }

    /// As of a pod and its only container: the outer one fills first, and one alert is enough.
    @Test func aLimitNoLowerThanOneAboveItIsNoneOfItsOwn() throws {
        for (number, place) in [(10, "pod/app"), (11, "pod/small"), (12, "pod/large")] as [(Int32, String)] {
            try host.add(number, "a", cgroup: "0::/\(place)\n")
        }
        for (place, limit) in [("pod", 9), ("pod/app", 9), ("pod/small", 5), ("pod/large", 10)] {
            try write(["memory.max": "\(limit)000000\n", "memory.current": "1000000\n"], to: place)
        }
        #expect(Set(try collect().map(\.path)) == ["/pod", "/pod/small"])
    }

    /// A process's cgroups are read at its own turn, some seconds before.
    @Test func isAsItIsWhenTheListIsMade() throws {
        try host.add(10, "a", cgroup: "0::/a\n")
        try write(["memory.max": "9000000\n"], to: "a")
        var collector = try host.collector()
        var told: [UInt64] = []
        for time in stride(from: 0, through: 90, by: 5) {
            try write(["memory.current": "\(1_000_000 + time)\n"], to: "a")
            let current = try #require(try collector.collect(at: host.time(Double(time))).cgroups.first?.use?.current)
            guard told.last != current else { continue }
            #expect(current == 1_000_000 + UInt64(time))
            told.append(current)
        }
        #expect(told.count == 4)
    }

    @Test func aLimitThatCannotBeReadForAWhileIsStillThere() throws {
        try host.add(10, "a", cgroup: "0::/a\n")
        try write(["memory.max": "9000000\n", "memory.current": "8000000\n"], to: "a")
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        // Reading a directory fails, as reading does when the kernel is short of memory.
        for file in ["memory.max", "memory.current"] {
            let url = host.root.url.appending(path: "cgroup/a/\(file)")
            try FileManager.default.removeItem(at: url)
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        }
        let snapshot = try collector.collect(at: host.time(31))
        #expect(snapshot.cgroups.map(\.limit.bytes) == [9_000_000] && snapshot.cgroups.map(\.use) == [nil])
        #expect(snapshot.processes.map(\.memory.limit.bytes) == [9_000_000])
        try FileManager.default.removeItem(at: host.root.url.appending(path: "cgroup/a"))
        let later = try collector.collect(at: host.time(62))
        #expect(later.cgroups == [] && later.processes.map(\.memory.limit.source) == [.host])
    }

    @Test func namesTheProcessWithMostAnonymousMemory() throws {
        for (number, pages) in [(10, 100), (11, 400), (12, 400), (13, 200)] as [(Int32, Int)] {
            try host.add(number, "p\(number)", residentPages: pages, cgroup: "0::/a/\(number % 2)\n")
        }
        try write(["memory.max": "9000000\n"], to: "a")
        let largest = try #require(try collect().first?.largest)
        #expect(largest.process.rawValue == 11 && largest.command == "p11" && largest.anonymous == 300 * 4096)
    }

    /// Ten chains of 110 cgroups inside each other, each with a lower limit than the one around it and more in use, and a
    /// process in the innermost; all chains are the same directory.
    private func writeChains() throws {
        let path = (1...110).map { "/\($0)" }.joined()
        for depth in 1...110 {
            try write(
                [
                    "memory.max": "\(2_000_000 - depth)\n", "memory.current": "\(100_000 + 1000 * depth)\n",
                    "memory.stat": "inactive_file 0\nactive_file 0\n",
                ], to: "c1" + (1...depth).map { "/\($0)" }.joined())
        }
        for chain: Int32 in 1...10 {
            try host.add(chain + 10, "a", cgroup: "0::/c\(chain)\(path)\n")
            if chain > 1 { try host.link("\(host.root.path)/cgroup/c1", at: "cgroup/c\(chain)") }
        }
    }

    /// Users who may make cgroups in one of theirs may make as many as they like.
    @Test func thoseNearestTheirLimitsAreToldAndStay() throws {
        try writeChains()
        var collector = try host.collector()
        let first = try collector.collect(at: host.time(0))
        let left = Set(
            (1...10).flatMap { chain in
                (1...10).map { depth in "/c\(chain)" + (1...depth).map { "/\($0)" }.joined() }
            })
        #expect(first.cgroups.count == 1000 && first.droppedCgroups == 100)
        #expect(left.isDisjoint(with: first.cgroups.map(\.path)))
        // Others have to be fuller by more than a little.
        try write(["memory.current": "250000\n"], to: "c1/1")
        let second = try collector.collect(at: host.time(61))
        #expect(Set(second.cgroups.map(\.path)) == Set(first.cgroups.map(\.path)))
        try write(["memory.current": "1900000\n"], to: "c1/1")
        let third = try collector.collect(at: host.time(122))
        #expect(Set(third.cgroups.prefix(10).map(\.path)) == Set((1...10).map { "/c\($0)/1" }))
        #expect(third.cgroups.count == 1000)
    }

    @Test(arguments: [
        "", "\n\n\n", "inactive_file", "inactive_file \nactive_file \n", "inactive_file x\nactive_file y\n",
        "inactive_file -1\nactive_file -2\n", "inactive_file 99999999999999999999999\nactive_file 1\n",
        "active_file 1\nactive_file 2\n", "inactive_filer 5\nactive_filer 5\n", "\u{0}\u{1B}[31m\n",
    ])
    func hostileFiguresAreNotGuessedAt(stat: String) throws {
        try host.add(10, "a", cgroup: "0::/a\n")
        try write(["memory.max": "9000000\n", "memory.current": "8000000\n", "memory.stat": stat], to: "a")
        let cgroup = try #require(try collect().first)
        #expect(cgroup.use?.current == 8_000_000 && cgroup.use?.unreclaimable == nil)
        #expect(cgroup.unreclaimableShare == nil)
    }

    @Test func partsThatAreMoreThanTheWholeLeaveNothing() throws {
        try host.add(10, "a", cgroup: "0::/a\n")
        let most = UInt64.max
        try write(
            [
                "memory.max": "0\n", "memory.current": "8000000\n",
                "memory.stat": "inactive_file \(most)\nactive_file \(most)\nslab_reclaimable \(most)\n",
            ], to: "a")
        let cgroup = try #require(try collect().first)
        #expect(cgroup.use == CgroupUse(current: 8_000_000, inactiveFile: 8_000_000, unreclaimable: 0))
        #expect(cgroup.unreclaimableShare == 1)
    }

    @Test(arguments: [
        "a \"b\\c", "\u{1B}[31m", "\u{202E}x", "…", "a:b", String(repeating: "ü", count: 120), " ", "(deleted)",
    ])
    func aCgroupMayHaveAnyName(name: String) throws {
        try host.add(10, "a", cgroup: "0::/user/\(name)\n")
        try write(["memory.max": "9000000\n", "memory.current": "8000000\n"], to: "user/\(name)")
        #expect(try collect().map(\.path) == ["/user/\(name)"])
    }

    @Test func aNameThatIsNoTextIsLeftAlone() throws {
        try host.add(10, "a")
        try host.root.write(Array("0::/user/".utf8) + [0xFF, 0xC0, 0x0A], to: "proc/10/cgroup")
        #expect(try collect() == [])
    }
}
