import AgentServer
import Foundation
import TestSupport
import Testing

struct LimitTests {
    @Test("A long target, large heads and bodies are refused")
    func sizes() async throws {
        try await withServer { server async throws in
            let address = server.addresses[0]
            let target = try await request("/healthz?" + String(repeating: "a", count: 5000), of: address)
            #expect(target.status == 414)
            #expect(target.errorCode == "uri_too_long")
            let header = try await request(
                "/healthz", of: address, headers: ["X-Large": String(repeating: "a", count: 20_000)])
            #expect(header.status == 431)
            #expect(header.errorCode == "headers_too_large")
            let fields = (0..<200).map { "X-\($0): 1\r\n" }.joined()
            let many = try await exchange("GET /healthz HTTP/1.1\r\n\(fields)\r\n", with: address)
            #expect(many.status == 431)
            let body = try await request(
                "/api/v1/metrics/reset", method: "POST", of: address, body: String(repeating: "a", count: 70_000))
            #expect(body.status == 413)
            #expect(body.errorCode == "body_too_large")
            #expect(body.headers["connection"] == "close")
        }
    }

    @Test("A body of unknown length is refused once it is too large")
    func chunkedBody() async throws {
        let reply = try await withServer { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                socket.send(
                    "POST /api/v1/metrics/reset HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "2000\r\n" + String(repeating: "a", count: 0x2000) + "\r\n"
                for _ in 0..<10_000 where !socket.send(chunk) { break }
                return socket.readToEnd().flatMap(Reply.init)
            }
        }
        // A client that goes on sending may see the connection reset instead of the response.
        if let reply { #expect(reply.status == 413) }
    }

    @Test(
        "A connection on which nothing comes, or only a byte now and then, is closed",
        arguments: [
            "", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        ])
    func slowHead(start: String) async throws {
        let end = try await withServer(limits: { $0.seconds = 0.3 }) { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                socket.send(start)
                let drip = start.isEmpty ? "" : "a"
                while socket.send(drip), !socket.hasAnswer { usleep(20_000) }
                return socket.readToEnd()
            }
        }
        #expect(end != nil)
    }

    @Test("A body that comes too slowly gets 408, and the request is not done")
    func slowBody() async throws {
        let source = SampleSource()
        let reply = try await withServer(source: source, limits: { $0.seconds = 0.3 }) { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                socket.send("POST /api/v1/metrics/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
                while socket.send("a"), !socket.hasAnswer { usleep(20_000) }
                return socket.readToEnd().flatMap(Reply.init)
            }
        }
        #expect(source.resets == 0)
        #expect(try #require(reply).status == 408)
    }

    @Test("A client that doesn't read a response loses the connection")
    func slowReader() async throws {
        let source = SampleSource(SampleState.make(extra: 2000))
        let isClosed = try await withServer(source: source, limits: { $0.seconds = 0.3 }) { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0], receiveBuffer: 4096)
                for _ in 0..<50 {
                    socket.send("GET /api/v1/processes?limit=500 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                }
                // What fits into the buffers comes, then the end.
                return socket.waitUntilRefused() && socket.readToEnd() != nil
            }
        }
        #expect(isClosed)
    }

    @Test("A client that asks too often gets 429, and is served again later")
    func requestRate() async throws {
        try await withServer(limits: { $0.rate = 5 }) { server async throws in
            var statuses: [Int] = []
            for _ in 0..<12 { statuses.append(try await request("/healthz", of: server.addresses[0]).status) }
            #expect(statuses.prefix(5) == [200, 200, 200, 200, 200])
            #expect(statuses.contains(429))
            while try await request("/healthz", of: server.addresses[0]).status == 429 {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    @Test("Of a listener at all addresses every client of IPv4 has its own rate, and so has one of IPv6")
    func clientsOfAllAddresses() async throws {
        try await withServer(listening: [":0"], limits: { $0.rate = 0.001 }) { server async throws in
            func status(from source: String) async throws -> String {
                let host = source.contains(":") ? "[\(source)]" : "127.0.0.1"
                return try await blocking {
                    try run([
                        "/usr/bin/curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--interface", source,
                        "http://\(host):\(server.port)/healthz",
                    ]).output
                }
            }
            for client in ["127.0.0.1", "127.0.0.2", "127.0.1.2", "::1"] {
                #expect(try await status(from: client) == "200", "\(client)")
                #expect(try await status(from: client) == "429", "\(client)")
            }
        }
    }

    @Test("Too many requests at a time get 503 with Retry-After")
    func requestsAtATime() async throws {
        let source = SampleSource()
        source.delay = .milliseconds(300)
        let replies = try await withServer(source: source, limits: { $0.requests = 2 }) { server async throws in
            try await withThrowingTaskGroup(of: Reply.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask { try await request("/api/v1/groups/leaky/memory", of: server.addresses[0]) }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
        }
        let busy = replies.filter { $0.status == 503 }
        #expect(!busy.isEmpty)
        #expect(busy.allSatisfy { $0.errorCode == "busy" && $0.headers["retry-after"] == "1" })
        #expect(replies.count { $0.status == 200 } >= 2)
    }

    @Test("A thousand connections at a time: they are answered, those beyond the limit after others")
    func manyConnections() async throws {
        let limits = { (limits: inout ServerLimits) in (limits.connections, limits.connectionsPerClient) = (200, 1000) }
        try await withServer(limits: limits) { server async throws in
            let statuses = try await blocking {
                let sockets = try (0..<1000).map { _ in
                    let socket = try ClientSocket(server.addresses[0])
                    socket.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    return socket
                }
                return sockets.map { $0.readToEnd().flatMap(Reply.init)?.status }
            }
            // One whose request isn't read within its time of grace may lose its place to another.
            #expect(statuses.allSatisfy { $0 == nil || $0 == 200 || $0 == 503 })
            #expect(statuses.count { $0 != nil } >= 900 && statuses.contains(200))
            #expect(try await request("/healthz", of: server.addresses[0]).status == 200)
        }
    }
}
