import AgentServer
import Foundation
import TestSupport
import Testing

struct TLSTests {
    private let certificates: Certificates

    init() throws { certificates = try Certificates() }

    private static let settings = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"

    private func access(_ more: String = "") throws -> WebAccess {
        let text = Self.settings + more
        return try WebAccess(file: certificates.writeConfiguration(text), pause: .zero)
    }

    /// What curl says: the status, or 000 when there was no connection.
    private func status(_ options: [String], of server: RunningServer) async throws -> String {
        let url = "https://127.0.0.1:\(server.port)/healthz"
        let command = ["/usr/bin/curl", "-sS", "--max-time", "15", "-o", "/dev/null", "-w", "%{http_code}"]
        return try await blocking { try run(command + options + [url]).output }
    }

    private var trusting: [String] { ["--cacert", certificates.path("ca.crt")] }

    private func showing(_ name: String) -> [String] {
        ["--cert", certificates.path("\(name).crt"), "--key", certificates.path("\(name).key")]
    }

    @Test("TLS is spoken, plain HTTP is not, and a Unix socket stays plain")
    func speaksTLS() async throws {
        let path = certificates.path("socket")
        try await withServer(listening: ["127.0.0.1:0", "unix:\(path)"], access: access()) { server async throws in
            #expect(try await status(trusting, of: server) == "200")
            #expect(try await status([], of: server) == "000")
            #expect(try await request("/healthz", of: server.addresses[1]).status == 200)
            await #expect(throws: NoReply.self) { try await request("/healthz", of: server.addresses[0]) }
        }
    }

    @Test(
        "Clients' certificates, by what is asked of them",
        arguments: [
            ("NoClientCert", "200", "200", "200"),
            ("RequestClientCert", "200", "200", "200"),
            ("RequireAnyClientCert", "000", "200", "200"),
            ("VerifyClientCertIfGiven", "200", "000", "200"),
            ("RequireAndVerifyClientCert", "000", "000", "200"),
        ])
    func clientCertificates(type: String, none: String, stranger: String, known: String) async throws {
        let authority = type == "NoClientCert" ? "" : "  client_ca_file: ca.crt\n"
        let access = try access("  client_auth_type: \(type)\n" + authority)
        try await withServer(access: access) { server async throws in
            #expect(try await status(trusting, of: server) == none)
            #expect(try await status(trusting + showing("stranger"), of: server) == stranger)
            #expect(try await status(trusting + showing("client"), of: server) == known)
        }
    }

    @Test("A verified client may reset")
    func verifiedClientResets() async throws {
        let access = try access("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n")
        let source = SampleSource()
        try await withServer(access: access, source: source) { server async throws in
            let url = "https://127.0.0.1:\(server.port)/api/v1/metrics/reset"
            let command = ["/usr/bin/curl", "-sS", "-X", "POST"] + trusting + showing("client") + [url]
            let result = try await blocking { try run(command) }
            #expect(result.output == #"{"status":"reset"}"#, "\(result.errors)")
            #expect(source.resets == 1)
        }
    }

    @Test("A connection made before certificates were asked for stays without rights")
    func connectionBeforeReload() async throws {
        let source = SampleSource()
        try await withServer(access: access(), source: source) { server async throws in
            let result = try await blocking {
                try run([
                    "/usr/bin/python3", "-c", Self.reloadClient, certificates.directory, "\(server.port)",
                ])
            }
            #expect(result.output == "200 403 200 403\n", "\(result.errors)")
            #expect(source.resets == 1)
        }
    }

    /// Says who may reset: a connection without a certificate before and after the reload that asks for one, one with
    /// a certificate after it, and once more the first one.
    private static let reloadClient = """
        import http.client, ssl, sys
        directory, port = sys.argv[1], int(sys.argv[2])
        def connect(certificate):
            context = ssl.create_default_context(cafile=directory + "/ca.crt")
            if certificate: context.load_cert_chain(directory + "/client.crt", directory + "/client.key")
            return http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=15)
        def status(connection, method, path):
            connection.request(method, path)
            response = connection.getresponse()
            response.read()
            return response.status
        reset = ("POST", "/api/v1/metrics/reset")
        early = connect(False)
        said = [status(early, "GET", "/healthz"), status(early, *reset)]
        with open(directory + "/web.yml", "a") as file:
            file.write("  client_auth_type: RequireAndVerifyClientCert\\n  client_ca_file: ca.crt\\n")
        late = 0
        while late != 200: late = status(connect(True), *reset)
        said += [late, status(early, *reset)]
        print(*said)
        """

    @Test(
        "Who may reset, by what was asked of the certificate that is shown",
        arguments: [("RequestClientCert", "403"), ("RequireAnyClientCert", "403"), ("VerifyClientCertIfGiven", "200")])
    func shownCertificate(type: String, status: String) async throws {
        let access = try access("  client_auth_type: \(type)\n  client_ca_file: ca.crt\n")
        try await withServer(access: access) { server async throws in
            let reset = "https://127.0.0.1:\(server.port)/api/v1/metrics/reset"
            let command = ["/usr/bin/curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST"]
            let result = try await blocking { try run(command + trusting + showing("client") + [reset]) }
            #expect(result.output == status, "\(result.errors)")
        }
    }

    @Test("Versions below the least one are refused")
    func versions() async throws {
        try await withServer(access: access("  min_version: TLS13\n")) { server async throws in
            #expect(try await status(trusting + ["--tls-max", "1.2"], of: server) == "000")
            #expect(try await status(trusting, of: server) == "200")
        }
    }

    @Test("A renewed certificate is soon shown to new connections, a broken one never")
    func renewed() async throws {
        try await withServer(access: access()) { server async throws in
            func shows(_ serial: String) async throws -> Bool {
                try await blocking { try eventually { try certificates.serial(ofServerAt: server.port) == serial } }
            }
            #expect(try await shows("01"))
            // Between its two files it doesn't fit together, and the one before is shown.
            try certificates.makeServer(serial: 7)
            #expect(try await shows("07"))
            try Data("broken".utf8).write(to: URL(filePath: certificates.path("server.crt")))
            // The request has the files read.
            for _ in 0..<2 { #expect(try await status(trusting, of: server) == "200") }
            #expect(try await shows("07"))
        }
    }

    @Test(
        "A file that lost what protects changes nothing until a reload",
        arguments: [
            ("", [AccessProtection.tls, .clientCertificates]),
            (Self.settings, [.clientCertificates]),
        ])
    func emptiedFile(text: String, lost: [AccessProtection]) async throws {
        let access = try access("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n")
        try await withServer(access: access) { server async throws in
            #expect(try await status(trusting + showing("client"), of: server) == "200")
            _ = try certificates.writeConfiguration(text)
            // The request has the file read.
            #expect(try await status(trusting + showing("client"), of: server) == "200")
            #expect(try await status(trusting, of: server) == "000")
            #expect(access.adopt(try access.prepare()) == lost)
        }
    }

    @Test("A handshake that doesn't go on ends, as does one with garbage")
    func stuckHandshake() async throws {
        try await withServer(access: access(), limits: { $0.seconds = 1 }) { server async throws in
            for start in ["", "\u{16}\u{3}\u{1}\u{2}", "GET / HTTP/1.1\r\n\r\n"] {
                let end = try await blocking {
                    let socket = try ClientSocket(server.addresses[0])
                    socket.send(start)
                    return socket.readToEnd()
                }
                #expect(end != nil)
            }
            #expect(try await status(trusting, of: server) == "200")
        }
    }

    @Test("A connection may be silent between requests, but not in the midst of one's head")
    func silence() async throws {
        try await withServer(access: access(), limits: { $0.seconds = 1.5 }) { server async throws in
            let result = try await blocking {
                try run(["/usr/bin/python3", "-c", Self.slowClient, certificates.directory, "\(server.port)"])
            }
            #expect(result.output == "200 200 closed\n", "\(result.errors)")
        }
    }

    /// Asks twice with a pause, then sends the head of a third request byte by byte.
    private static let slowClient = """
        import http.client, ssl, sys, time
        context = ssl.create_default_context(cafile=sys.argv[1] + "/ca.crt")
        connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[2]), context=context, timeout=20)
        connection.connect()
        client, said = connection.sock, []
        for number in range(2):
            if number: time.sleep(4)
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            response.read()
            said.append("new" if connection.sock is not client else response.status)
        client.sendall(b"GET /healthz HTTP/1.1\\r\\nX-Slow: ")
        client.settimeout(0.05)
        limit = time.time() + 20
        while time.time() < limit:
            try:
                client.sendall(b"a")
                if not client.recv(1): raise ConnectionError
            except TimeoutError: continue
            except OSError:
                said.append("closed")
                break
        print(*said)
        """

    @Test(
        "Files that don't fit or are missing are refused at the start, by name",
        arguments: [
            ("cert_file: none.crt\n  key_file: server.key", "none.crt"),
            ("cert_file: server.key\n  key_file: server.key", "server.key"),
            ("cert_file: server.crt\n  key_file: client.key", "web.yml"),
        ])
    func wrongFiles(settings: String, named: String) throws {
        let file = try certificates.writeConfiguration("tls_server_config:\n  \(settings)\n")
        let error = #expect(throws: WebConfigurationError.self) { try WebAccess(file: file) }
        #expect(error?.file.hasSuffix(named) == true, "\(String(describing: error))")
    }
}
