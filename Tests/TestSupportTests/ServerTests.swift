import Foundation
import TestSupport
import Testing

@Suite struct ServerTests {
    @Test func `Redis answers and takes load`() throws {
        let server = try Server.redis()
        let load = try server.startRedisLoad()
        let answer = try run(["/usr/bin/redis-cli", "-p", "\(server.port)", "ping"])
        #expect(answer.output == "PONG\n")
        #expect(kill(load.pid, 0) == 0)
    }

    @Test func `nginx serves its page`() throws {
        let server = try Server.nginx()
        let script = "import sys, urllib.request as r; sys.stdout.write(r.urlopen(sys.argv[1]).read().decode())"
        let page = try run(["/usr/bin/python3", "-c", script, "http://127.0.0.1:\(server.port)/"])
        #expect(page.output == "hello from nginx\n")
    }

    @Test func `Workers end with their server`() throws {
        var server: Server? = try Server.nginx()
        let master = try #require(server?.pid)
        let workers = try run(["/usr/bin/pgrep", "-P", "\(master)"]).output.split(separator: "\n").map { Int32($0) }
        server = nil
        #expect(workers.count == 2)
        for worker in workers {
            #expect(try kill(#require(worker), 0) == -1)
        }
    }

    @Test func `PostgreSQL answers and takes load`() throws {
        let server = try Server.postgres()
        let load = try server.startPostgresLoad()
        let answer = try run([
            "/usr/bin/psql", "-h", "127.0.0.1", "-p", "\(server.port)", "-U", "postgres", "-Atc", "select 6 * 7",
        ])
        #expect(answer.output == "42\n")
        #expect(kill(load.pid, 0) == 0)
    }

    @Test func `CPython runs a script`() throws {
        let server = try Server.python(
            """
            import socket, sys
            listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
            while True:
                listener.accept()[0].close()
            """)
        #expect(LoopbackPort.answers(server.port))
    }
}
