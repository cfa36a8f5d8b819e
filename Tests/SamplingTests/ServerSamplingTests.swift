import Foundation
import ProcFS
import ProfileModel
import Sampling
import TestSupport
import Testing

/// Servers that no one here wrote, under load.
@Suite struct ServerSamplingTests {
    private let procfs = ProcFS()

    /// All stacks end in a known root, and hardly more than one in a hundred is truncated.
    private func expectWhole(_ sampled: SampledProcess, roots: Set<String>) {
        #expect(isRare(sampled.truncatedSamples, of: sampled.samples, spread: sampled.spread), "\(sampled.endings)")
        #expect(sampled.roots.isSubset(of: roots), "\(sampled.roots)")
    }

    @Test func `Redis shows the way from main to its commands`() throws {
        let server = try Server.redis()
        let load = try server.startRedisLoad()
        let sampled = try SampledProcess([ProcessID(rawValue: server.pid)], samples: 1000)
        expectWhole(sampled, roots: ["_start", "clone3"])
        let main = sampled.stacks.filter { $0.thread.thread.rawValue == server.pid && $0.isComplete }
        try #require(!main.isEmpty)
        for stack in main {
            #expect(stack.names.starts(with: ["_start", "__libc_start_main"]))
        }
        let commands = sampled.count { $0.passes(["main", "aeMain", "readQueryFromClient"]) }
        #expect(commands > 0)
        load.kill()
    }

    @Test func `nginx shows its event loop in all its workers`() throws {
        let server = try Server.nginx()
        let script = """
            import http.client, sys
            connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
            while True:
                connection.request("GET", "/")
                connection.getresponse().read()
            """
        let load = try (0..<2).map { _ in try Child(["/usr/bin/python3", "-c", script, "\(server.port)"]) }
        let workers = try procfs.children(of: ProcessID(rawValue: server.pid))
        #expect(workers.count == 2)
        let sampled = try SampledProcess(workers, samples: 300, options: SamplingOptions(rate: 2000))
        expectWhole(sampled, roots: ["_start"])
        #expect(sampled.count { $0.names.contains { $0.hasPrefix("ngx_http_") } || $0.names.contains("main") } > 0)
        for child in load { child.kill() }
    }

    @Test func `PostgreSQL shows the backends of its clients`() throws {
        let server = try Server.postgres()
        let load = try server.startPostgresLoad()
        let options = SamplingOptions(rate: 1000, followsChildren: true)
        let sampled = try SampledProcess([ProcessID(rawValue: server.pid)], samples: 800, options: options)
        expectWhole(sampled, roots: ["_start"])
        let queries = sampled.count { $0.passes(["main", "PostmasterMain", "PostgresMain", "PortalRun"]) }
        #expect(queries > 0, "\(sampled.stacks.max { $0.count < $1.count }?.names ?? [])")
        load.kill()
    }

    /// Many have ended before their mappings are read, and some while they are.
    @Test func `PostgreSQL's short-lived backends aren't unwound by mappings that they don't have`() throws {
        let server = try Server.postgres()
        let load = try server.startPostgresLoad(reconnecting: true)
        let spin = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/bin/sh", "-c", "while :; do :; done"]
        let others = try (0..<4).map { _ in try Child(spin) }
        let options = SamplingOptions(rate: 1000, followsChildren: true)
        let sampled = try SampledProcess([ProcessID(rawValue: server.pid)], samples: 500, options: options)
        let strange = sampled.stacks.filter { $0.names.contains { $0 == "[anonymous]" || $0.hasPrefix("0x") } }
        #expect(strange.isEmpty, "\(strange.map { ($0.thread.name, $0.names, $0.ending) })")
        let queries = sampled.count { $0.passes(["main", "PostmasterMain", "PostgresMain"]) }
        #expect(queries > 0)
        withExtendedLifetime((load, others)) {}
    }

    @Test func `CPython shows its functions`() throws {
        let server = try Server.busyPython()
        let sampled = try SampledProcess([ProcessID(rawValue: server.pid)], samples: 500)
        expectWhole(sampled, roots: ["_start"])
        #expect(sampled.count { $0.passes(["_start", "Py_BytesMain", "<module>", "fibonacci"]) } > 0)
    }

    @Test func `In wall mode the waiting of Redis is seen without touching it`() throws {
        let server = try Server.redis()
        let options = SamplingOptions(mode: .wall, rate: 500)
        let sampled = try SampledProcess([ProcessID(rawValue: server.pid)], samples: 1000, options: options)
        expectWhole(sampled, roots: ["_start", "clone3"])
        #expect(sampled.count { $0.passes(["main", "aeMain", "epoll_wait"]) } > 0)
    }
}
