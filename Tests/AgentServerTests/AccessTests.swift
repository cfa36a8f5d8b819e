import AgentServer
import Foundation
import TestSupport
import Testing

struct AccessTests {
    private func basic(_ credentials: String) -> [String: String] {
        ["Authorization": "Basic \(Data(credentials.utf8).base64EncodedString())"]
    }

    @Test("Without users everybody may read, and nobody reset but over the Unix socket")
    func withoutUsers() async throws {
        let directory = try TemporaryDirectory()
        let source = SampleSource()
        let path = directory.path + "/s"
        try await withServer(listening: ["127.0.0.1:0", "unix:\(path)"], source: source) { server async throws in
            let refused = try await request("/api/v1/metrics/reset", method: "POST", of: server.addresses[0])
            #expect(refused.status == 403)
            #expect(refused.errorCode == "forbidden")
            #expect(source.resets == 0)
            let accepted = try await request("/api/v1/metrics/reset", method: "POST", of: server.addresses[1])
            #expect(accepted.status == 200)
            #expect(source.resets == 1)
        }
    }

    @Test("Another user is not trusted over the Unix socket", .enabled(if: geteuid() == 0))
    func otherUser() async throws {
        let directory = try TemporaryDirectory()
        try runSuccessfully(["/usr/bin/chmod", "755", directory.path])
        let path = directory.path + "/s"
        let source = SampleSource()
        try await withServer(listening: ["unix:\(path)"], source: source) { server async throws in
            try runSuccessfully(["/usr/bin/chmod", "666", path])
            let code = try await blocking {
                try run([
                    "/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/bin/curl",
                    "-sS",
                    "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "--unix-socket", path,
                    "http://localhost/api/v1/metrics/reset",
                ])
            }
            #expect(code.output == "403", "\(code.errors)")
            #expect(source.resets == 0)
        }
    }

    @Test(
        "With users every route asks for one of them",
        arguments: [
            "/", "/metrics", "/healthz", "/api/v1/metrics", "/nothing",
        ])
    func everyRoute(path: String) async throws {
        let file = try AccessFile()
        try await withServer(access: file.access) { server async throws in
            let anonymous = try await request(path, of: server.addresses[0])
            #expect(anonymous.status == 401)
            #expect(anonymous.errorCode == "unauthorized")
            #expect(anonymous.headers["www-authenticate"]?.hasPrefix("Basic ") == true)
            let known = try await request(path, of: server.addresses[0], headers: basic("prometheus:secret"))
            #expect(known.status == (path == "/nothing" ? 404 : 200))
        }
    }

    @Test(
        "Wrong credentials are refused",
        arguments: [
            "prometheus:wrong", "prometheus:", "prometheus:secret\u{0}", "prometheus:secret ", "nobody:secret",
            ":secret",
            "prometheus", "",
        ])
    func wrongCredentials(credentials: String) async throws {
        let file = try AccessFile()
        try await withServer(access: file.access) { server async throws in
            #expect(try await request("/", of: server.addresses[0], headers: basic(credentials)).status == 401)
            // What was right before doesn't make it right.
            let right = try await request("/", of: server.addresses[0], headers: basic("prometheus:secret"))
            #expect(right.status == 200)
            #expect(try await request("/", of: server.addresses[0], headers: basic(credentials)).status == 401)
        }
    }

    @Test(
        "Headers that are no basic authentication are refused",
        arguments: [
            "", "Basic", "Basic !!!", "Bearer abc", "Basic \u{FF}", "Basic " + String(repeating: "A", count: 8000),
        ])
    func malformedHeader(header: String) async throws {
        let file = try AccessFile()
        let reply = try await withServer(access: file.access) {
            try await request("/", of: $0.addresses[0], headers: ["Authorization": header])
        }
        #expect(reply.status == 401)
    }

    @Test("Who guesses passwords is slowed down, who knows one is not")
    func guessing() async throws {
        let file = try AccessFile()
        try await withServer(access: file.access) { server async throws in
            let right = basic("prometheus:secret")
            #expect(try await request("/", of: server.addresses[0], headers: right).status == 200)
            var statuses: [Int] = []
            for number in 0..<15 {
                statuses.append(
                    try await request("/", of: server.addresses[0], headers: basic("prometheus:\(number)")).status)
            }
            #expect(statuses.first == 401)
            #expect(statuses.contains(429))
            #expect(try await request("/", of: server.addresses[0], headers: right).status == 200)
        }
    }

    @Test("What the administrator should know of an address that other hosts reach")
    func warnings() throws {
        let users = try AccessFile()
        #expect(try RunningServer.idle(listening: ["127.0.0.1:1", "unix:/s"]).warnings == [])
        #expect(try RunningServer.idle(listening: ["127.0.0.1:1"], access: users.access).warnings == [])
        let open = try RunningServer.idle(listening: [":1", "[::1]:1"]).warnings
        #expect(open.count == 1)
        #expect(open.first?.contains("no password is required") == true)
        let readable = try RunningServer.idle(listening: ["10.0.0.1:1"], access: users.access).warnings
        #expect(readable.count == 1)
        #expect(readable.first?.contains("without TLS") == true)
    }

    @Test("Header fields of the web configuration are on every response")
    func configuredHeaders() async throws {
        let file = try AccessFile("http_server_config:\n  headers:\n    X-Frame-Options: deny\n")
        let reply = try await withServer(access: file.access) { try await request("/nothing", of: $0.addresses[0]) }
        #expect(reply.headers["x-frame-options"] == "deny")
    }

    @Test("A changed file is soon in force; a broken one leaves things as they are")
    func changedFile() async throws {
        let file = try AccessFile("")
        try await withServer(access: file.access) { server async throws in
            #expect(try await request("/", of: server.addresses[0]).status == 200)
            try file.write("basic_auth_users: [broken")
            #expect(try await request("/", of: server.addresses[0]).status == 200)
            #expect(throws: WebConfigurationError.self) { try file.access.reload() }
            try file.write(AccessFile.users)
            #expect(try await request("/", of: server.addresses[0]).status == 401)
        }
    }

    @Test(
        "A file that lost its users, as when it is written on a full disk, opens nothing until a reload",
        arguments: ["", "basic_auth_users:\n", "http_server_config:\n  headers: {X-Frame-Options: deny}\n"])
    func emptiedFile(text: String) async throws {
        let file = try AccessFile()
        try await withServer(access: file.access) { server async throws in
            try file.write(text)
            #expect(try await request("/", of: server.addresses[0]).status == 401)
            let known = try await request("/", of: server.addresses[0], headers: basic("prometheus:secret"))
            #expect(known.status == 200)
            try file.write(AccessFile.otherPassword)
            let former = try await request("/", of: server.addresses[0], headers: basic("prometheus:secret"))
            #expect(former.status == 401)
            try file.write(text)
            #expect(file.access.adopt(try file.access.prepare()) == [.users])
            #expect(try await request("/", of: server.addresses[0]).status == 200)
        }
    }

    @Test("A revoked password ends on connections that are kept, over the Unix socket too")
    func revokedPassword() async throws {
        let directory = try TemporaryDirectory()
        let file = try AccessFile()
        let addresses = ["127.0.0.1:0", "unix:\(directory.path)/s"]
        let credentials = try #require(basic("prometheus:secret")["Authorization"])
        try await withServer(listening: addresses, access: file.access) { server async throws in
            let kept = try server.addresses.map { try ClientSocket($0) }
            func statuses() async throws -> [Int?] {
                try await blocking {
                    kept.map { socket in
                        socket.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nAuthorization: \(credentials)\r\n\r\n")
                        return socket.readSome().flatMap(Reply.init)?.status
                    }
                }
            }
            #expect(try await statuses() == [200, 200])
            try file.write(AccessFile.otherPassword)
            #expect(try await statuses() == [401, 401])
        }
    }

    @Test("What is prepared changes nothing until it is adopted")
    func prepared() throws {
        let file = try AccessFile()
        try file.write("basic_auth_users: [broken")
        #expect(throws: WebConfigurationError.self) { try file.access.prepare() }
        #expect(file.access.requiresAuthentication)
        try file.write("")
        let files = try file.access.prepare()
        #expect(file.access.requiresAuthentication)
        file.access.adopt(files)
        #expect(!file.access.requiresAuthentication)
    }
}
