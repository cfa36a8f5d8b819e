import Foundation
import TestSupport

/// A web server that behaves, request by request, as told; ended when it goes.
final class WebhookReceiver: Sendable {
    /// What was posted.
    struct Request: Decodable, Sendable {
        struct Content: Decodable, Sendable {
            let id: String
            let severity: String
            let evidence: String
            let command: String?
            let since: String
            let resolved_at: String?
        }

        struct Body: Decodable, Sendable {
            let event: String
            let key: String
            let host: String
            let time: String
            let reason: String?
            let alert: Content
        }

        let path: String
        let headers: [String: String]
        let body: Body
    }

    let port: UInt16
    private let child: Child
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - actions: What is done with the first requests; the last one goes for all after them. A status, `hang`,
    ///     `close`, `endless` (an answer without an end), `drip` (400 with a body that comes byte by byte), `redirect`
    ///     or `later` (503 with Retry-After).
    ///   - port: `nil` for any.
    init(_ actions: String..., port: UInt16? = nil) throws {
        directory = try TemporaryDirectory()
        try directory.write(Self.script, to: "receiver.py")
        child = try Child(
            [
                "/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/bin/python3", "-u",
                "\(directory.path)/receiver.py",
            ]
                + ["\(port ?? 0)"] + actions)
        self.port = UInt16(try child.line()) ?? 0
    }

    var url: String { "http://127.0.0.1:\(port)/hook" }

    /// The next request that was posted, whatever was answered.
    func request(within limit: Double = 20) throws -> Request {
        try JSONDecoder().decode(Request.self, from: Data(try child.line(within: limit).utf8))
    }

    /// The next requests, as many as asked for.
    func requests(_ count: Int) throws -> [Request] { try (0..<count).map { _ in try request() } }

    /// How many were posted as far as it has said so yet, those that were read included.
    var count: Int { child.standardOutput.count { $0 == UInt8(ascii: "\n") } - 1 }

    private static let script = """
        import http.server, json, sys, threading, time
        actions, lock, number = sys.argv[2:], threading.Lock(), 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                global number
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    action = actions[min(number, len(actions) - 1)]
                    number += 1
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    print(json.dumps({"path": self.path, "headers": headers, "body": body}), flush=True)
                getattr(self, action, lambda: self.answer(int(action)))()

            def answer(self, status, body=b"so it is", **headers):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def hang(self): time.sleep(3600)

            def close(self): self.close_connection = True

            def redirect(self): self.answer(307, Location="/elsewhere")

            def later(self): self.answer(503, Retry_After="1")

            def stream(self, status, part, pause):
                self.send_response(status)
                self.end_headers()
                self.close_connection = True
                try:
                    while True:
                        self.wfile.write(part)
                        time.sleep(pause)
                except OSError:
                    pass

            def endless(self): self.stream(200, b"x" * 65536, 0)

            def drip(self): self.stream(400, b"x", 0.2)

            def log_message(self, *arguments): pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *arguments): pass

        server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """
}
