import Foundation
import TestSupport

/// Programs that use memory in known ways, with names of their own.
enum HostPrograms {
    /// CPython with a cache of 32 MiB, which it fills before it is ready, and then replaces the oldest entries for good.
    static func caching() throws -> Child {
        let child = try Child([
            "/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/bin/python3", "-u", "-c",
            """
            import collections, time
            cache, count = collections.OrderedDict(), 0
            while True:
                cache[count] = bytearray(16384)
                count += 1
                if count == 2048: print("ready")
                if count > 2048:
                    cache.popitem(last=False)
                    time.sleep(0.005)
            """,
        ])
        try child.line { $0 == "ready" }
        return child
    }

    /// A redis-server that has been filled to its `maxmemory` of 24 MiB, and goes on replacing what is oldest.
    static func fullRedis() throws -> (Server, load: Child) {
        let server = try Server.redis()
        let client = ["/usr/bin/redis-cli", "-p", "\(server.port)", "config", "set"]
        try runSuccessfully(client + ["maxmemory", "24mb"])
        try runSuccessfully(client + ["maxmemory-policy", "allkeys-lru"])
        let benchmark = [
            "/usr/bin/redis-benchmark", "-p", "\(server.port)", "-t", "set", "-d", "1000", "-r", "1000000",
        ]
        try runSuccessfully(benchmark + ["-n", "60000", "-q"])
        return (
            server, try Child(["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] + benchmark + ["-c", "1", "-l", "-q"])
        )
    }
}
