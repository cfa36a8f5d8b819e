import Foundation

/// A server at 127.0.0.1 that takes TLS connections, and then says nothing and never ends them; ended when it goes.
package final class SilentTLSServer: Sendable {
    package let port: UInt16
    /// Of the authority that signed its certificate: itself.
    package var certificate: String { "\(workshop.directory)/server.crt" }
    private let workshop: Workshop
    private let child: Child

    package init() throws {
        workshop = try Workshop()
        try workshop.run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out",
            "server.crt", "-subj", "/CN=127.0.0.1", "-days", "2", "-addext", "subjectAltName=IP:127.0.0.1",
        ])
        try workshop.write(Self.script, to: "server.py")
        child = try Child(
            Server.boundToParent(["/usr/bin/python3", "-u", "server.py"]), directory: URL(filePath: workshop.directory))
        port = UInt16(try child.line()) ?? 0
    }

    /// Waits for a connection over which TLS is spoken.
    package func waitForConnection() throws { try child.line { $0 == "connected" } }

    private static let script = """
        import socket, ssl, threading
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("server.crt", "server.key")
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1])
        kept = []
        def take(connection):
            try:
                kept.append(context.wrap_socket(connection, server_side=True))
                print("connected")
            except OSError as error:
                print(error)
        while True:
            threading.Thread(target=take, args=[listener.accept()[0]], daemon=True).start()
        """
}
