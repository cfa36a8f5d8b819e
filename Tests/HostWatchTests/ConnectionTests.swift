import Foundation
import HostWatch
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// TCP connections, by real servers and against `ss`.
@Suite(.serialized) struct ConnectionTests {
    private static func settings() -> HostWatchSettings {
        var settings = HostWatchSettings()
        settings.connectionInterval = 0
        return settings
    }

    private static func collect(_ collector: inout HostCollector) throws -> HostSnapshot {
        try collector.collect(at: WatchTime(monotonic: ProcessInfo.processInfo.systemUptime, wall: 0))
    }

    /// By what `ss` lists for a process, the number of its sockets in each state.
    private static func listed(_ pid: Int32) throws -> [String: Int] {
        let names = ["ESTAB": "established", "LISTEN": "listen", "CLOSE-WAIT": "close_wait"]
        var counts: [String: Int] = [:]
        for line in try run(["/usr/bin/ss", "-tanpH"]).output.split(separator: "\n") where line.contains("pid=\(pid),")
        {
            let state = String(line.prefix { $0 != " " })
            counts[names[state] ?? state, default: 0] += 1
        }
        return counts
    }

    private static func counted(_ pid: Int32, _ snapshot: HostSnapshot) -> [String: Int]? {
        let process = snapshot.processes.first { $0.identity.process.rawValue == pid }
        return process?.connections.value.map { counts in
            Dictionary(uniqueKeysWithValues: counts.byState.map { ($0.key.name, $0.value) })
        }
    }

    /// Connects and keeps `count` connections until it is killed.
    private static func client(_ port: UInt16, _ count: Int) throws -> Child {
        let script = """
            import socket, sys
            kept = [socket.create_connection(("127.0.0.1", \(port))) for _ in range(\(count))]
            print("ready", flush=True)
            sys.stdin.read()
            """
        let child = try Child(["/usr/bin/python3", "-c", script])
        try child.line { $0 == "ready" }
        return child
    }

    @Test func agreesWithSsAboutRedisAndItsClients() throws {
        let server = try Server.redis()
        var collector = try HostCollector(settings: Self.settings())
        // The server may not have closed yet the connection that showed that it answers.
        #expect(try eventually { try Self.counted(server.pid, Self.collect(&collector)) == ["listen": 1] })
        let client = try Self.client(server.port, 7)
        #expect(try eventually { try Self.listed(server.pid) == ["listen": 1, "established": 7] })
        let snapshot = try Self.collect(&collector)
        #expect(Self.counted(server.pid, snapshot) == (try Self.listed(server.pid)))
        #expect(Self.counted(client.pid, snapshot) == ["established": 7])
        let pool = snapshot.processes.first { $0.identity.process.rawValue == client.pid }?.connections.value?.byRemote
        #expect(pool == ["127.0.0.1:\(server.port)": 7])
        client.kill()
        #expect(try eventually { try Self.counted(server.pid, Self.collect(&collector)) == ["listen": 1] })
    }

    /// nginx's three processes have one listening socket together.
    @Test func countsASharedSocketOnceInAGroup() throws {
        let server = try Server.nginx()
        var collector = try HostCollector(settings: Self.settings())
        var settings = Self.settings()
        var rule = GroupRule(name: "web")
        // The workers are in their master's group.
        rule.commandLine = [server.path]
        settings.rules = [rule]
        try collector.apply(settings)
        var snapshot = try Self.collect(&collector)
        func group() -> GroupMeasurement? { snapshot.groups.first { $0.name == "web" } }
        // The connection that showed that it answers may not be closed yet.
        #expect(
            try eventually {
                snapshot = try Self.collect(&collector)
                return group()?.connections.value?.byState == [.listen: 1]
            })
        #expect(group()?.processes == 3)
        #expect(Self.counted(server.pid, snapshot) == ["listen": 1])
    }

    /// Every connection is closed and another opened, so that no count of descriptors changes.
    @Test func noticesSocketsThatTakeOthersPlaces() throws {
        let first = try Server.redis()
        let second = try Server.redis()
        let script = """
            import socket, sys
            kept = socket.create_connection(("127.0.0.1", \(first.port)))
            print("ready", flush=True)
            sys.stdin.readline()
            kept.close()
            kept = socket.create_connection(("127.0.0.1", \(second.port)))
            print("again", flush=True)
            sys.stdin.read()
            """
        let client = try Child(["/usr/bin/python3", "-c", script])
        try client.line { $0 == "ready" }
        var collector = try HostCollector(settings: Self.settings())
        func remotes(_ snapshot: HostSnapshot) -> [String: Int]? {
            snapshot.processes.first { $0.identity.process.rawValue == client.pid }?.connections.value?.byRemote
        }
        #expect(remotes(try Self.collect(&collector)) == ["127.0.0.1:\(first.port)": 1])
        try client.write(Data("\n".utf8))
        try client.line { $0 == "again" }
        #expect(remotes(try Self.collect(&collector)) == ["127.0.0.1:\(second.port)": 1])
    }

    @Test(.enabled(if: Privileges.isRoot)) func readsOtherNetworkNamespaces() throws {
        let script = """
            import socket, sys
            server = socket.create_server(("", 7777))
            print("ready", flush=True)
            sys.stdin.read()
            """
        let child = try Child(["/usr/bin/unshare", "--net", "/usr/bin/python3", "-c", script])
        try child.line { $0 == "ready" }
        var collector = try HostCollector(settings: Self.settings())
        #expect(Self.counted(child.pid, try Self.collect(&collector)) == ["listen": 1])
    }

    @Test func keepsTheMostUsedRemotesAndThePools() throws {
        let host = try FakeHost()
        var table = "  sl  local_address rem_address   st\n"
        try host.add(10, "a")
        func connect(_ remote: String, _ inode: Int) throws {
            table += "0: 0100007F:1F90 \(remote) 01 0:0 00:0 0 0 0 \(inode) 1 0 0\n"
            try host.link("socket:[\(inode)]", at: "proc/10/fd/\(inode)")
        }
        for inode in 1000..<1100 { try connect("0100007F:\(String(inode, radix: 16))", inode) }
        for inode in 2000..<2003 { try connect("0200000A:1538", inode) }
        try connect("0300000A:1539", 3000)
        try host.root.write(table, to: "proc/10/net/tcp")
        try host.link("net:[7]", at: "proc/10/ns/net")
        var settings = Self.settings()
        settings.pools = [PoolSettings(name: "db", endpoint: "10.0.0.3:5433", maximum: 5)]
        var collector = try host.collector(settings)
        let counts = try #require(try Self.collect(&collector).processes.first?.connections.value)
        #expect(counts.byState == [.established: 104])
        #expect(counts.byRemote["10.0.0.2:5432"] == 3 && counts.byRemote["10.0.0.3:5433"] == 1)
        #expect(counts.byRemote.count == 33)
    }

    @Test func readsManyNamespacesInTurn() throws {
        let host = try FakeHost()
        let heading = "  sl  local_address rem_address   st\n"
        func connect(_ number: Int32, _ remote: String) throws {
            try host.root.write(
                "\(heading)0: 0100007F:1F90 \(remote):1538 01 0:0 00:0 0 0 0 \(number) 1 0 0\n",
                to: "proc/\(number)/net/tcp")
        }
        for number: Int32 in 1...100 {
            try host.add(number, "a")
            try host.link("socket:[\(number)]", at: "proc/\(number)/fd/3")
            try host.link("net:[\(number)]", at: "proc/\(number)/ns/net")
            try connect(number, "0100000A")
        }
        var collector = try host.collector(Self.settings())
        var isComplete = false
        func remotes() throws -> [[String: Int]?] {
            let snapshot = try Self.collect(&collector)
            isComplete = snapshot.hasAllConnections
            return snapshot.processes.map { $0.connections.value?.byRemote }
        }
        let old = ["10.0.0.1:5432": 1]
        #expect(try remotes() == Array(repeating: old, count: 64) + Array(repeating: nil, count: 36))
        #expect(!isComplete)
        #expect(try remotes() == Array(repeating: old, count: 100))
        #expect(isComplete)
        for number: Int32 in 1...100 { try connect(number, "0200000A") }
        _ = try remotes()
        #expect(try remotes() == Array(repeating: ["10.0.0.2:5432": 1], count: 100))
        // It comes after its namespace's turn, as of which the count is whole.
        try host.add(101, "a", start: host.startNow())
        try host.link("net:[31]", at: "proc/101/ns/net")
        try host.link("socket:[31]", at: "proc/101/fd/3")
        #expect(try remotes() == Array(repeating: ["10.0.0.2:5432": 1], count: 100) + [nil])
        #expect(isComplete)
    }

    /// A host of two processes of a group, of which the first has a connection to the pool.
    private static func pooled(_ connectionInterval: Double = 30) throws -> (FakeHost, HostWatchSettings) {
        let host = try FakeHost()
        for number: Int32 in [10, 11] {
            try host.add(number, "a")
            try host.link("net:[7]", at: "proc/\(number)/ns/net")
            try host.link("/dev/null", at: "proc/\(number)/fd/0")
        }
        try host.link("socket:[100]", at: "proc/10/fd/3")
        try host.root.write(
            "  sl  local_address rem_address   st\n0: 0100007F:1F90 0300000A:1539 01 0:0 00:0 0 0 0 100 1 0 0\n",
            to: "proc/10/net/tcp")
        var settings = HostWatchSettings()
        settings.connectionInterval = connectionInterval
        settings.pools = [PoolSettings(name: "db", endpoint: "10.0.0.3:5433", maximum: 5)]
        return (host, settings)
    }

    @Test func saysWhetherAllConnectionsAreCounted() throws {
        let (host, settings) = try Self.pooled()
        var collector = try host.collector(settings)
        #expect(try collector.collect(at: host.time(0)).hasAllConnections)
        // What comes until the next round is no part of this one.
        try host.add(12, "b", start: host.startNow())
        let between = try collector.collect(at: host.time(5))
        #expect(between.hasAllConnections && between.groups.last?.connections == .notRead)
        // It shows no descriptors.
        #expect(try !collector.collect(at: host.time(31)).hasAllConnections)
        try host.link("/dev/null", at: "proc/12/fd/0")
        try host.link("net:[7]", at: "proc/12/ns/net")
        #expect(try collector.collect(at: host.time(61)).hasAllConnections)
        try host.root.write("noise", to: "proc/13/stat")
        let blind = try collector.collect(at: host.time(91))
        #expect(!blind.hasAllConnections && blind.groups.first?.connections.value?.byRemote == ["10.0.0.3:5433": 1])
    }

    /// Nothing else would say that a group's count is short.
    @Test func makesNothingOfMoreSocketsThanItReads() throws {
        let (host, settings) = try Self.pooled(0)
        var collector = try host.collector(settings)
        try host.link("net:[8]", at: "proc/11/ns/net")
        try host.link("socket:[200]", at: "proc/11/fd/3")
        try host.root.write("", to: "proc/11/net/tcp")
        let file = try FileHandle(forWritingTo: host.root.url.appending(path: "proc/11/net/tcp"))
        try file.truncate(atOffset: 65 << 20)
        try file.close()
        let snapshot = try collector.collect(at: host.time(0))
        #expect(snapshot.processes.map { $0.connections.value?.byRemote } == [["10.0.0.3:5433": 1], nil])
        #expect(snapshot.groups.map(\.connections) == [.notRead] && !snapshot.hasAllConnections)
        try host.root.write("  sl  local_address rem_address   st\n", to: "proc/11/net/tcp")
        let later = try collector.collect(at: host.time(5))
        #expect(later.groups.map { $0.connections.value?.byRemote } == [["10.0.0.3:5433": 1]])
        #expect(later.hasAllConnections)
    }

    @Test func countsAnewWhenItWasLeftOutAndWhenPoolsChange() throws {
        let (host, settings) = try Self.pooled(3600)
        var collector = try host.collector(settings)
        func established(_ snapshot: HostSnapshot) -> Int? {
            snapshot.groups.first?.connections.value.map { $0.byState[.established] ?? 0 }
        }
        #expect(try collector.collect(at: host.time(0)).hasAllConnections)
        collector.degradation = .connections
        let without = try collector.collect(at: host.time(5))
        #expect(!without.hasAllConnections && without.groups.map(\.connections) == [.notRead])
        collector.degradation = []
        let again = try collector.collect(at: host.time(10))
        #expect(again.hasAllConnections && established(again) == 1)
        try host.root.write("  sl  local_address rem_address   st\n", to: "proc/10/net/tcp")
        #expect(established(try collector.collect(at: host.time(15))) == 1)
        var new = settings
        new.pools = []
        try collector.apply(new)
        #expect(established(try collector.collect(at: host.time(20))) == 0)
    }

    /// Addresses that tie are listed in one order, so that every collection has the same.
    @Test func keepsTheSameRemotesOfThoseWithAsManyConnections() throws {
        let host = try FakeHost()
        var table = "  sl  local_address rem_address   st\n"
        try host.add(10, "a")
        for number in 1...60 {
            let address = String(UInt32(number) << 24 | 10, radix: 16)
            table +=
                "0: 0100007F:1F90 \(String(repeating: "0", count: 8 - address.count))\(address):1538 "
                + "01 0:0 00:0 0 0 0 \(number) 1 0 0\n"
            try host.link("socket:[\(number)]", at: "proc/10/fd/\(number)")
        }
        try host.root.write(table, to: "proc/10/net/tcp")
        try host.link("net:[7]", at: "proc/10/ns/net")
        var collector = try host.collector(Self.settings())
        let remotes = try #require(try Self.collect(&collector).processes.first?.connections.value).byRemote
        #expect(Set(remotes.keys) == Set((1...32).map { "10.0.0.\($0):5432" }))
    }

    @Test(arguments: [
        ("[0:0:0:0:0:0:0:1]:53", "[::1]:53"), ("[::FFFF:10.0.0.1]:5432", "10.0.0.1:5432"),
        ("[2001:DB8::0:1]:80", "[2001:db8::1]:80"), ("10.0.0.1:05432", "10.0.0.1:5432"), ("noise", "noise"),
    ])
    func wordsThePoolsEndpointAsRemotesAre(endpoint: String, remote: String) {
        #expect(PoolSettings(name: "db", endpoint: endpoint, maximum: 1).remote == remote)
    }
}
