import TestSupport

/// An authority, and certificates that it signed for a server at 127.0.0.1 and for a client, made by openssl.
final class Certificates: Sendable {
    private let workshop: Workshop

    var directory: String { workshop.directory }

    init() throws {
        workshop = try Workshop()
        try workshop.run(Self.newKey("ca", "/CN=authority") + ["-addext", "basicConstraints=critical,CA:TRUE"])
        try makeServer(serial: 1)
        try sign("client", "extendedKeyUsage=clientAuth", serial: 99)
        // Nobody signed this one.
        try workshop.run(Self.newKey("stranger", "/CN=stranger"))
    }

    /// Makes another certificate for the server, in place of the one before.
    func makeServer(serial: Int) throws {
        try sign("server", "subjectAltName=IP:127.0.0.1,DNS:localhost", serial: serial)
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// Writes the web configuration file; returns its path.
    func writeConfiguration(_ text: String, to name: String = "web.yml") throws -> String {
        try workshop.write(text, to: name)
        return path(name)
    }

    /// The serial number of the certificate that a server shows, in hexadecimal.
    func serial(ofServerAt port: UInt16) throws -> String {
        let text = try run(["/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(port)"]).output
        let certificate = try run(["/usr/bin/openssl", "x509", "-noout", "-serial"], input: .init(text.utf8))
        return certificate.output.replacing("serial=", with: "").filter { !$0.isWhitespace }
    }

    private func sign(_ name: String, _ extensionText: String, serial: Int) throws {
        try workshop.write(extensionText, to: "\(name).ext")
        try workshop.run([
            "/usr/bin/openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(name).key", "-out",
            "\(name).csr", "-subj", "/CN=\(name)",
        ])
        try workshop.run([
            "/usr/bin/openssl", "x509", "-req", "-in", "\(name).csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-set_serial", "\(serial)", "-days", "2", "-extfile", "\(name).ext", "-out", "\(name).crt",
        ])
    }

    private static func newKey(_ name: String, _ subject: String) -> [String] {
        [
            "/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(name).key", "-out",
            "\(name).crt", "-subj", subject, "-days", "2",
        ]
    }
}
