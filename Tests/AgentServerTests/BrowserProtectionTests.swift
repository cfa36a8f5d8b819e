import AgentServer
import Foundation
import TestSupport
import Testing

struct BrowserProtectionTests {
    @Test(
        "Host fields are parsed",
        arguments: [
            ("127.0.0.1", .address), ("127.0.0.1:9797", .address), ("[::1]:9797", .address),
            ("[2001:db8::1]", .address),
            ("localhost", .name("localhost")), ("LOCALHOST.:80", .name("localhost")),
            ("db-1.example.com:9797", .name("db-1.example.com")), ("name:", .name("name")),
        ] as [(String, RequestHost.Name)])
    func hosts(field: String, name: RequestHost.Name) { #expect(RequestHost(field)?.name == name) }

    @Test(
        "What is no host is refused",
        arguments: [
            "", ":", ":80", ".", "a b", "a/b", "user@localhost", "localhost:80:80", "localhost:99999999", "localhost:x",
            "[::1", "[]", "[name]", "[::1]80", "::1", "lo\u{0}calhost", "löcalhost", String(repeating: "a", count: 400),
        ])
    func noHosts(field: String) { #expect(RequestHost(field) == nil) }

    @Test(
        "A request for a name that isn't the agent's is refused, whatever it asks for",
        arguments: [
            "attacker.example", "attacker.example:9797", "127.0.0.1.attacker.example", "localhost.attacker.example",
        ])
    func foreignHost(host: String) async throws {
        try await withServer { server in
            for target in ["/", "/metrics", "/api/v1/processes", "/nothing"] {
                let reply = try await exchange(
                    "GET \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n", with: server.addresses[0])
                #expect(reply.status == 421)
                #expect(reply.errorCode == "unknown_host")
            }
        }
    }

    @Test("Addresses, localhost, the host's own name and configured names are answered")
    func ownHosts() async throws {
        let name = try String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try await withServer(hostNames: ["db1.example.com"]) { server in
            let hosts = ["127.0.0.1", "10.1.2.3:80", "[::1]:9797", "localhost", "Localhost:1", "db1.EXAMPLE.com", name]
            for host in hosts {
                let reply = try await exchange(
                    "GET /healthz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n", with: server.addresses[0])
                #expect(reply.status == 200, "\(host)")
            }
        }
    }

    @Test("A second Host field is refused")
    func twoHosts() async throws {
        let reply = try await withServer { server in
            try await exchange(
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\nConnection: close\r\n\r\n",
                with: server.addresses[0])
        }
        #expect(reply.status == 400)
        #expect(reply.errorCode == "invalid_host")
    }

    @Test("Over a Unix socket any name is answered, which a proxy may send")
    func unixSocket() async throws {
        let directory = try TemporaryDirectory()
        let reply = try await withServer(listening: ["unix:\(directory.path)/s"]) { server in
            try await exchange(
                "GET /healthz HTTP/1.1\r\nHost: sonde.example.com\r\nConnection: close\r\n\r\n",
                with: server.addresses[0])
        }
        #expect(reply.status == 200)
    }

    /// What each client sends with a reset, and the error code that it gets; none where it may.
    static let changes: [([String: String], String?)] = [
        ([:], nil),
        (["X-Sonde-Request": "1"], nil),
        (["Origin": "http://localhost", "X-Sonde-Request": "1"], nil),
        (["Origin": "https://LOCALHOST", "X-Sonde-Request": "1", "Sec-Fetch-Site": "same-origin"], nil),
        (["Origin": "http://localhost"], "missing_request_header"),
        (["Sec-Fetch-Site": "same-origin"], "missing_request_header"),
        (["Content-Type": "application/x-www-form-urlencoded"], "missing_request_header"),
        (["Referer": "http://localhost/"], "missing_request_header"),
        (["Origin": "http://attacker.example", "X-Sonde-Request": "1"], "foreign_origin"),
        (["Origin": "http://localhost:1", "X-Sonde-Request": "1"], "foreign_origin"),
        (["Origin": "null", "X-Sonde-Request": "1"], "foreign_origin"),
        (["Origin": "ftp://localhost", "X-Sonde-Request": "1"], "foreign_origin"),
        (["Origin": "localhost", "X-Sonde-Request": "1"], "foreign_origin"),
        (["Sec-Fetch-Site": "cross-site", "X-Sonde-Request": "1"], "foreign_origin"),
        (["Sec-Fetch-Site": "same-site", "X-Sonde-Request": "1"], "foreign_origin"),
    ]

    @Test(
        "Only the agent's own pages and programs change something, although the password is right", arguments: changes)
    func change(headers: [String: String], code: String?) async throws {
        let file = try AccessFile()
        let source = SampleSource()
        let reply = try await withServer(access: file.access, source: source) { server in
            try await request(
                "/api/v1/metrics/reset", method: "POST", of: server.addresses[0],
                headers: headers.merging([
                    "Authorization": "Basic \(Data("prometheus:secret".utf8).base64EncodedString())"
                ]) { $1 })
        }
        #expect(reply.status == (code == nil ? 200 : 403))
        #expect(reply.errorCode == code)
        #expect(source.resets == (code == nil ? 1 : 0))
    }

    @Test("No site gets permission to send the header field that changes need")
    func preflight() async throws {
        let reply = try await withServer { server in
            try await request(
                "/api/v1/metrics/reset", method: "OPTIONS", of: server.addresses[0],
                headers: [
                    "Origin": "http://attacker.example", "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "X-Sonde-Request",
                ])
        }
        #expect(reply.status == 405)
        #expect(reply.headers.keys.allSatisfy { !$0.hasPrefix("access-control-") })
    }
}
