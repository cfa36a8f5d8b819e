import AgentServer
import TestSupport
import Testing

struct WebConfigurationTests {
    private func load(_ text: String) throws -> WebAccess {
        let directory = try TemporaryDirectory()
        try directory.write(text, to: "web.yml")
        return try WebAccess(file: directory.path + "/web.yml")
    }

    @Test(
        "Empty sections and files change nothing",
        arguments: [
            "", "# nothing\n", "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\n", "{}",
            "http_server_config:\n  http2: true\n  headers:\n    X-XSS-Protection: ''\n",
        ])
    func empty(text: String) throws {
        let access = try load(text)
        #expect(!access.requiresAuthentication)
        #expect(!access.usesTLS)
    }

    @Test(
        "Mistakes are errors with their line",
        arguments: [
            ("basic_auth_user:\n", 1), ("\ntls_server_config:\n  cert_fil: a\n", 3), ("- a\n", 1),
            ("tls_server_config: yes\n", 1), ("tls_server_config:\n  cert_file: a\n", 2),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: Maybe\n", 4),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: RequireAndVerifyClientCert\n", 4),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  client_ca_file: c\n", 2),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  min_version: SSL3\n", 4),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  cipher_suites: TLS_X\n", 4),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  cipher_suites: [TLS_X]\n", 4),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  client_allowed_sans: [a]\n", 4),
            ("tls_server_config:\n  cert: a\n  cert_file: a\n  key_file: b\n", 3),
            ("http_server_config:\n  http2: perhaps\n", 2), ("http_server_config:\n  headers:\n    X-Other: a\n", 3),
            ("http_server_config:\n  headers:\n    X-Frame-Options: allow\n", 3),
            ("http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\r\\nb: c\"\n", 3),
            ("basic_auth_users:\n  alice: plain\n", 2), ("basic_auth_users:\n  alice: $2y$10$short\n", 2),
            ("basic_auth_users:\n  alice: [1]\n", 2), ("basic_auth_users: {a: &x *x}\n", 1),
        ])
    func mistakes(text: String, line: Int) throws {
        let error = #expect(throws: WebConfigurationError.self) { try load(text) }
        #expect(error?.line == line, "\(String(describing: error))")
        #expect(error?.description.contains("web.yml:\(line): ") == true)
    }

    @Test(
        "What is not YAML, not UTF-8 or too large is refused",
        arguments: [
            Array("a: [".utf8), [0xFF, 0xFE, 0x00], [UInt8](repeating: 0x23, count: (1 << 20) + 1),
            Array("a: 1\na: 2\n".utf8), [0], Array(String(repeating: "[", count: 20_000).utf8),
        ])
    func notYAML(bytes: [UInt8]) throws {
        let directory = try TemporaryDirectory()
        try directory.write(bytes, to: "web.yml")
        #expect(throws: WebConfigurationError.self) { try WebAccess(file: directory.path + "/web.yml") }
    }

    @Test("A file that isn't there is refused")
    func missing() {
        #expect(throws: WebConfigurationError.self) { try WebAccess(file: "/nonexistent/web.yml") }
    }
}
