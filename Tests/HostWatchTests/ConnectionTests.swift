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

    private static func look(_ watcher: inout HostWatcher) throws -> HostSnapshot {
        try watcher.look(at: WatchTime(monotonic: ProcessInfo.processInfo.systemUptime, wall: 0))
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
        var watcher = try HostWatcher(settings: Self.settings())
        #expect(Self.counted(server.pid, try Self.look(&watcher)) == ["listen": 1])
        let client = try Self.client(server.port, 7)
        #expect(try eventually { try Self.listed(server.pid) == ["listen": 1, "established": 7] })
        let snapshot = try Self.look(&watcher)
        #expect(Self.counted(server.pid, snapshot) == (try Self.listed(server.pid)))
        #expect(Self.counted(client.pid, snapshot) == ["established": 7])
        let pool = snapshot.processes.first { $0.identity.process.rawValue == client.pid }?.connections.value?.byRemote
        #expect(pool == ["127.0.0.1:\(server.port)": 7])
        client.kill()
        #expect(try eventually { try Self.counted(server.pid, Self.look(&watcher)) == ["listen": 1] })
    }

    /// nginx's three processes have one listening socket together.
    @Test func countsASharedSocketOnceInAGroup() throws {
        let server = try Server.nginx()
        var watcher = try HostWatcher(settings: Self.settings())
        var settings = Self.settings()
        var rule = GroupRule(name: "web")
        // The workers are in their master's group.
        rule.commandLine = [server.path]
        settings.rules = [rule]
        try watcher.apply(settings)
        var group: GroupMeasurement?
        var ofMaster: [String: Int]?
        // It listens before it has its workers.
        let isComplete = try eventually {
            let snapshot = try Self.look(&watcher)
            group = snapshot.groups.first { $0.name == "web" }
            ofMaster = Self.counted(server.pid, snapshot)
            return group?.processes == 3
        }
        #expect(isComplete)
        #expect(ofMaster == ["listen": 1])
        #expect(group?.connections.value?.byState == [.listen: 1])
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
        var watcher = try HostWatcher(settings: Self.settings())
        func remotes(_ snapshot: HostSnapshot) -> [String: Int]? {
            snapshot.processes.first { $0.identity.process.rawValue == client.pid }?.connections.value?.byRemote
        }
        #expect(remotes(try Self.look(&watcher)) == ["127.0.0.1:\(first.port)": 1])
        try client.write(Data("\n".utf8))
        try client.line { $0 == "again" }
        #expect(remotes(try Self.look(&watcher)) == ["127.0.0.1:\(second.port)": 1])
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
        var watcher = try HostWatcher(settings: Self.settings())
        #expect(Self.counted(child.pid, try Self.look(&watcher)) == ["listen": 1])
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
        var watcher = try host.watcher(settings)
        let counts = try #require(try Self.look(&watcher).processes.first?.connections.value)
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
        var watcher = try host.watcher(Self.settings())
        func remotes() throws -> [[String: Int]?] {
            try Self.look(&watcher).processes.map { $0.connections.value?.byRemote }
        }
        let old = ["10.0.0.1:5432": 1]
        #expect(try remotes() == Array(repeating: old, count: 64) + Array(repeating: nil, count: 36))
        #expect(try remotes() == Array(repeating: old, count: 100))
        for number: Int32 in 1...100 { try connect(number, "0200000A") }
        _ = try remotes()
        #expect(try remotes() == Array(repeating: ["10.0.0.2:5432": 1], count: 100))
    }

    /// Addresses that tie are told in one order, so that the same are named look by look.
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
        var watcher = try host.watcher(Self.settings())
        let remotes = try #require(try Self.look(&watcher).processes.first?.connections.value).byRemote
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
