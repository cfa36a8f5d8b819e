import AgentServer
import Foundation
import Testing

struct RequestTests {
    @Test(
        "What is wrong with a request is said by status and code",
        arguments: [
            ("GET", "/nothing", 404, "not_found"),
            ("GET", "/api/v1/processes/99999", 404, "not_found"),
            ("GET", "/api/v1/groups/nobody/memory", 404, "not_found"),
            ("GET", "/api/v1/processes/0", 400, "invalid_parameter"),
            ("GET", "/api/v1/processes/-1", 400, "invalid_parameter"),
            ("GET", "/api/v1/processes/99999999999", 400, "invalid_parameter"),
            ("GET", "/api/v1/processes/%31%32x", 400, "invalid_parameter"),
            ("GET", "/api/v1/processes?limit=0", 400, "invalid_parameter"),
            ("GET", "/api/v1/processes?limit=501", 400, "invalid_parameter"),
            ("GET", "/api/v1/processes?limit=%2B5", 400, "invalid_parameter"),
            ("GET", "/api/v1/processes?limit=1&limit=2", 400, "invalid_parameter"),
            ("GET", "/api/v1/processes?sort=size", 400, "invalid_parameter"),
            ("GET", "/api/v1/groups?sort=pid", 400, "invalid_parameter"),
            ("GET", "/api/v1/groups/leaky/memory?minutes=129601", 400, "invalid_parameter"),
            ("GET", "/api/v1/alerts?state=old", 400, "invalid_parameter"),
            ("GET", "/metrics?x=1", 400, "unknown_parameter"),
            ("GET", "/api/v1/groups/%FF/memory", 400, "invalid_path"),
            ("GET", "/api/v1/alerts?state=%FF", 400, "invalid_query"),
            ("GET", "/api/v1/alerts?state=%zz", 400, "invalid_query"),
            ("POST", "/metrics", 405, "method_not_allowed"),
            ("DELETE", "/api/v1/processes/1", 405, "method_not_allowed"),
            ("TRACE", "/", 405, "method_not_allowed"),
            ("BREW", "/healthz", 400, "malformed_request"),
            ("PURGE", "/healthz", 405, "method_not_allowed"),
            ("GET", "/api/v1/metrics/reset", 405, "method_not_allowed"),
            ("POST", "/nothing", 404, "not_found"),
        ])
    func wrong(method: String, target: String, status: Int, code: String) async throws {
        let reply = try await withServer { try await request(target, method: method, of: $0.addresses[0]) }
        #expect(reply.status == status)
        #expect(reply.errorCode == code)
        #expect(reply.headers["content-type"] == "application/json")
    }

    @Test("A wrong method is told the right ones")
    func allow() async throws {
        try await withServer { server async throws in
            let metrics = try await request("/metrics", method: "PUT", of: server.addresses[0])
            #expect(metrics.headers["allow"] == "GET, HEAD")
            let reset = try await request("/api/v1/metrics/reset", of: server.addresses[0])
            #expect(reset.headers["allow"] == "POST")
        }
    }

    @Test("HEAD has the head of GET and no body", arguments: ["/healthz", "/metrics", "/nothing"])
    func head(path: String) async throws {
        try await withServer { server async throws in
            let get = try await request(path, of: server.addresses[0])
            let head = try await request(path, method: "HEAD", of: server.addresses[0])
            #expect(head.status == get.status)
            #expect(head.headers["content-length"] == "\(get.body.count)")
            #expect(head.body.isEmpty)
        }
    }

    @Test("A client's request identifier stays if it is harmless")
    func requestIdentifier() async throws {
        try await withServer { server async throws in
            func echoed(_ identifier: String) async throws -> String? {
                try await request("/healthz", of: server.addresses[0], headers: ["X-Request-ID": identifier])
                    .headers["x-request-id"]
            }
            #expect(try await echoed("trace-1/a.b:C_d+e=@") == "trace-1/a.b:C_d+e=@")
            let longest = String(repeating: "x", count: 128)
            #expect(try await echoed(longest) == longest)
            for hostile in [longest + "x", "a b", "<script>", "a\u{1}b", "é"] {
                #expect(try await echoed(hostile) != hostile, "\(hostile)")
            }
        }
    }

    @Test(
        "Bytes that are no request get 400 and the connection ends",
        arguments: [
            "hello\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nbroken header\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ])
    func malformed(bytes: String) async throws {
        let reply = try await withServer { try await exchange(bytes, with: $0.addresses[0]) }
        #expect(reply.status == 400)
        #expect(reply.headers["connection"] == "close")
    }

    @Test("Requests in a row are answered in order, and garbage behind them is refused")
    func pipelined() async throws {
        let bytes = try await withServer { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                socket.send(
                    "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n\u{7}garbage\r\n\r\n"
                )
                return socket.readToEnd()
            }
        }
        let text = String(decoding: try #require(bytes), as: UTF8.self)
        let order = text.matches(of: /alive|ready|malformed_request/).map { String($0.output) }
        #expect(order == ["alive", "ready", "malformed_request"])
    }

    @Test("Invalid UTF-8 in a path is no reason to fail")
    func invalidPath() async throws {
        let reply = try await withServer { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                socket.send(Array("GET /api/v1/groups/".utf8) + [0xFF, 0xFE, 0x80])
                socket.send("/memory HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return socket.readToEnd().flatMap(Reply.init)
            }
        }
        #expect([400, 404].contains(try #require(reply).status))
    }

    @Test(
        "Odd targets are answered", arguments: ["*", "http://localhost/healthz", "/healthz?", "//healthz", "/?", "?"])
    func oddTargets(target: String) async throws {
        let reply = try await withServer { try await request(target, of: $0.addresses[0]) }
        #expect(reply.status < 500)
    }

    @Test("HTTP/1.0 is answered, and the connection ends")
    func oldVersion() async throws {
        let reply = try await withServer { try await exchange("GET /healthz HTTP/1.0\r\n\r\n", with: $0.addresses[0]) }
        #expect(reply.status == 200)
        #expect(reply.headers["connection"] == "close")
    }
}
