import Foundation

/// A real server from a Debian package, on a free port of the loopback address, with its data in a temporary directory.
///
/// It and its load are stopped when it goes, and when the tests end in any way.
package final class Server: Sendable {
    package let port: UInt16
    /// The server's main process.
    package var pid: Int32 { child.pid }
    /// Where its data and its configuration are, named on its command line.
    package var path: String { directory.url.path }
    private let child: Child
    private let directory: TemporaryDirectory
    /// Makes it end at once and its worker processes with it, which would survive if it were killed.
    private let stopSignal: Int32

    private init(port: UInt16, child: Child, directory: TemporaryDirectory, stopSignal: Int32 = SIGTERM) throws {
        self.port = port
        self.child = child
        self.directory = directory
        self.stopSignal = stopSignal
        try waitUntilItAnswers()
    }

    deinit {
        child.send(signal: stopSignal)
        _ = try? child.exitStatus(within: 5)
    }

    /// redis-server without persistence.
    package static func redis() throws -> Server {
        let (port, directory) = (try LoopbackPort.free(), try TemporaryDirectory())
        let child = try Child(
            boundToParent([
                "/usr/bin/redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir",
                directory.url.path,
            ]))
        return try Server(port: port, child: child, directory: directory)
    }

    /// nginx with two worker processes, the children of `pid`, serving one small page.
    package static func nginx() throws -> Server {
        let (port, directory) = (try LoopbackPort.free(), try TemporaryDirectory())
        let configuration = """
            daemon off; worker_processes 2; pid \(directory.url.path)/pid; error_log stderr;
            events {}
            http {
                access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server { listen 127.0.0.1:\(port); location / { return 200 "hello from nginx\\n"; } }
            }
            """
        let file = directory.url.appending(path: "nginx.conf")
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        let child = try Child(
            boundToParent([
                "/usr/sbin/nginx", "-e", "stderr", "-p", directory.url.path, "-c", file.path,
            ]))
        let server = try Server(port: port, child: child, directory: directory)
        // It listens before it starts them.
        let workers = ["/usr/bin/pgrep", "-c", "-P", "\(server.pid)"]
        guard try eventually({ try run(workers).output == "2\n" }) else {
            throw TestSupportError.timedOut(
                command: child.command, waitingFor: "its workers",
                output: String(decoding: child.standardError.suffix(2000), as: UTF8.self))
        }
        return server
    }

    /// PostgreSQL, run by the user `postgres` where the tests run as root, which it refuses to be.
    package static func postgres() throws -> Server {
        let (port, directory) = (try LoopbackPort.free(), try TemporaryDirectory())
        let data = directory.url.appending(path: "data").path
        if geteuid() == 0 { try runSuccessfully(["/usr/bin/chown", "postgres", directory.url.path]) }
        try runSuccessfully(
            asPostgres([
                "\(postgresPrograms)/initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "--no-locale",
                "-E", "UTF8",
            ]), directory: directory.url)
        let child = try Child(
            asPostgres([
                "\(postgresPrograms)/postgres", "-D", data, "-p", "\(port)", "-h", "127.0.0.1", "-k",
                directory.url.path, "-F",
            ]), directory: directory.url)
        let server = try Server(port: port, child: child, directory: directory, stopSignal: SIGQUIT)
        // It listens before it lets clients in.
        let isReady = ["\(postgresPrograms)/pg_isready", "-q", "-h", "127.0.0.1", "-p", "\(port)"]
        guard try eventually({ try run(isReady).status == .exited(0) }) else {
            throw TestSupportError.timedOut(
                command: child.command, waitingFor: "clients let in",
                output: String(decoding: child.standardError.suffix(2000), as: UTF8.self))
        }
        return server
    }

    /// Debian's CPython, running `script`, which gets the port as its first argument and has to listen there.
    package static func python(_ script: String) throws -> Server {
        let (port, directory) = (try LoopbackPort.free(), try TemporaryDirectory())
        let file = directory.url.appending(path: "server.py")
        try script.write(to: file, atomically: true, encoding: .utf8)
        let child = try Child(boundToParent(["/usr/bin/python3", "-u", file.path, "\(port)"]))
        return try Server(port: port, child: child, directory: directory)
    }

    /// elfutils' debuginfod, which has found the debug file of that build-id below a directory.
    package static func debuginfod(serving files: String, including buildID: String) throws -> Server {
        let (port, directory) = (try LoopbackPort.free(), try TemporaryDirectory())
        let child = try Child(
            boundToParent(["/usr/bin/debuginfod", "-p", "\(port)", "-d", "\(directory.path)/index", "-F", files]))
        let server = try Server(port: port, child: child, directory: directory)
        let url = "http://127.0.0.1:\(port)/buildid/\(buildID)/debuginfo"
        guard eventually({ (try? request("GET", url).status) == 200 }) else {
            throw TestSupportError.timedOut(
                command: child.command, waitingFor: "its index",
                output: String(decoding: child.standardError.suffix(2000), as: UTF8.self))
        }
        return server
    }

    /// CPython, which computes without end in functions that call each other.
    package static func busyPython() throws -> Server {
        try python(
            """
            import socket, sys
            listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
            def fibonacci(n):
                return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
            listener.accept()[0].close()
            while True:
                fibonacci(20)
            """)
    }

    /// redis-benchmark, until it is killed.
    package func startRedisLoad() throws -> Child {
        try Child(
            Self.boundToParent([
                "/usr/bin/redis-benchmark", "-h", "127.0.0.1", "-p", "\(port)", "-q", "-l", "-c", "20", "-t",
                "set,get,lpush,lrange_100",
            ]))
    }

    /// pgbench with two clients, until it is killed; fills its tables first.
    ///
    /// With `reconnecting`, each transaction has a backend of its own.
    package func startPostgresLoad(reconnecting: Bool = false) throws -> Child {
        let connection = ["-h", "127.0.0.1", "-p", "\(port)", "-U", "postgres", "postgres"]
        let program = "\(Self.postgresPrograms)/pgbench"
        try runSuccessfully([program, "-i", "-q", "-s", "1"] + connection)
        let options = ["-c", "2", "-T", "3600", "-S"] + (reconnecting ? ["-C"] : [])
        return try Child(Self.boundToParent([program] + options + connection))
    }

    private static let postgresPrograms = "/usr/lib/postgresql/15/bin"

    /// The command, so that it is asked to stop when the tests end.
    static func boundToParent(_ command: [String]) -> [String] {
        ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--"] + command
    }

    private static func asPostgres(_ command: [String]) -> [String] {
        guard geteuid() == 0 else { return boundToParent(command) }
        let user = ["--reuid", "postgres", "--regid", "postgres", "--init-groups"]
        return ["/usr/bin/setpriv"] + user + ["--pdeathsig", "QUIT", "--"] + command
    }

    private func waitUntilItAnswers(within limit: Double = 30) throws {
        let deadline = ContinuousClock.now + .seconds(limit)
        while !LoopbackPort.answers(port) {
            let output = String(decoding: child.standardError.suffix(2000), as: UTF8.self)
            if let status = try? child.exitStatus(within: 0) {
                throw TestSupportError.failed(command: child.command, status: status, output: output)
            }
            guard ContinuousClock.now < deadline else {
                throw TestSupportError.timedOut(command: child.command, waitingFor: "connections", output: output)
            }
            usleep(5000)
        }
    }
}
