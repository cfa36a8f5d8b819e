import Foundation
import Synchronization
import TestSupport
import Testing

/// Debug information that only servers have: of a stripped program, whose debug file is kept elsewhere.
@Suite struct DebuginfodTests {
    private static let stack = "main;work;middle_[i];deepest_[i] "

    private let workshop: Workshop
    private let path: String
    private let buildID: String
    private let program: Child
    /// Where any user may write.
    private let home: TemporaryDirectory

    init() throws {
        workshop = try Workshop()
        path = try workshop.build(
            "stripped", from: InlinedProgram.source, in: "stripped.c", with: "gcc", "-O2", "-g", "-Wl,--build-id", "-o",
            "stripped", "stripped.c")
        try workshop.run(["mkdir", "files"])
        try workshop.run(["objcopy", "--only-keep-debug", "stripped", "files/stripped.debug"])
        try workshop.run(["strip", "stripped"])
        let notes = try workshop.run(["eu-readelf", "-n", "stripped"])
        buildID = String(try #require(notes.firstMatch(of: /Build ID: ([0-9a-f]+)/)).1)
        program = try Child([path])
        home = try TemporaryDirectory()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: home.path)
    }

    private func environment(_ url: String, _ more: [String: String] = [:]) -> [String: String] {
        ["DEBUGINFOD_URLS": url, "HOME": home.path, "TMPDIR": home.path].merging(more) { $1 }
    }

    private func recordArguments(_ more: String...) -> [String] {
        ["record", "-p", "\(program.pid)", "-d", "0.5", "-r", "300", "-f", "folded", "-o", "-"] + more
    }

    /// A server that answers each request so, and what it was asked.
    private final class Answering: Sendable {
        let requests = Mutex<[String]>([])
        private let responder = Mutex<HTTPResponder?>(nil)
        private let unanswered = DispatchSemaphore(value: 0)

        /// - Parameter response: `nil` never to answer.
        init(_ response: HTTPResponse?) throws {
            let started = try HTTPResponder { [unowned self] request in
                requests.withLock { $0.append(request.target) }
                if response == nil { unanswered.wait() }
                return response ?? HTTPResponse(status: 404)
            }
            responder.withLock { $0 = started }
        }

        deinit { unanswered.signal() }

        var url: String { responder.withLock { "http://\($0?.address ?? "")" } }
    }

    @Test func `A recording has names, lines and inlined calls from a server`() throws {
        let server = try Server.debuginfod(serving: "\(workshop.directory)/files", including: buildID)
        let without = try sonde(recordArguments())
        #expect(without.status == .exited(0) && !without.output.contains("work"))
        let result = try sonde(recordArguments(), environment: environment("http://localhost:\(server.port)"))
        #expect(result.status == .exited(0))
        #expect(result.output.contains(Self.stack), "\(result.output)\(result.errors)")
        #expect(!result.errors.contains("fetch"))
        // What root's recordings download belongs to nobody, and is removed.
        let isRemoved = eventually {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: home.path)) ?? []
            return !names.contains { $0.hasPrefix("sonde-debuginfod") }
        }
        #expect(isRemoved)
    }

    @Test(.enabled(if: Privileges.isRoot)) func `An ordinary user's downloads stay in the cache of debuginfod`() throws
    {
        let target = try Child(Privileges.asNobody([path]))
        let readable = try ReadableSonde()
        var server: Server? = try Server.debuginfod(serving: "\(workshop.directory)/files", including: buildID)
        let url = "http://127.0.0.1:\(server?.port ?? 0)"
        let dump = {
            try run(
                Privileges.asNobody([readable.path, "dump", "-p", "\(target.pid)"]), environment: environment(url))
        }
        let isShown = { (text: String) in InlinedProgram.frames(in: "stripped.c").allSatisfy(text.contains) }
        #expect(try eventually { isShown(try dump().output) })
        let cached = "\(home.path)/.cache/debuginfod_client/\(buildID)/debuginfo"
        #expect(FileManager.default.fileExists(atPath: cached))
        server = nil
        #expect(try eventually { isShown(try dump().output) })
    }

    @Test func `Build-ids that a server doesn't have are asked for once, and no loss`() throws {
        let server = try Answering(HTTPResponse(status: 404))
        let result = try sonde(recordArguments(), environment: environment(server.url))
        #expect(result.status == .exited(0) && !result.errors.contains("fetch"), "\(result.errors)")
        let requests = server.requests.withLock(\.self)
        #expect(requests.contains("/buildid/\(buildID)/debuginfo") && Set(requests).count == requests.count)
    }

    @Test(arguments: [true, false]) func `What is not the program's debug information is not used`(isELF: Bool) throws {
        try workshop.write(InlinedProgram.source.replacing("100000", with: "100001"), to: "other.c")
        try workshop.run(["gcc", "-O2", "-g", "-Wl,--build-id", "-o", "other", "other.c"])
        let content = isELF ? try Data(contentsOf: URL(filePath: "\(workshop.directory)/other")) : Data("no ELF".utf8)
        let server = try Answering(HTTPResponse(status: 200, body: content))
        let result = try sonde(recordArguments(), environment: environment(server.url))
        #expect(result.status == .exited(0) && !result.output.contains("work"), "\(result.output)")
        #expect(result.errors.contains("is not its debug information, and is not used"), "\(result.errors)")
    }

    @Test func `A server that can't be reached is a warning, in JSON too`() throws {
        let url = "http://127.0.0.1:\(try LoopbackPort.free())"
        let result = try sonde("dump", "--json", "-p", "\(program.pid)", environment: environment(url))
        #expect(result.status == .exited(0))
        let documents = try JSONSerialization.jsonObject(with: result.standardOutput) as? [[String: Any]]
        let warnings = documents?.first?["warnings"] as? [String]
        let expected = "no answer from \(url) (refused, or its certificate is not accepted)"
        #expect(warnings?.first?.hasPrefix(expected) == true, "\(result.output)")
        #expect(result.errors.contains("warning: \(expected)"), "\(result.errors)")
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `Beside a server without the file, one that is down is a warning, and the next recording asks again`() throws {
        let target = try Child(Privileges.asNobody([path]))
        let readable = try ReadableSonde()
        let server = try Answering(HTTPResponse(status: 404))
        let down = "http://127.0.0.1:\(try LoopbackPort.free())"
        let command = Privileges.asNobody([readable.path, "dump", "-p", "\(target.pid)"])
        let result = try run(command, environment: environment("\(down) \(server.url)"))
        #expect(result.errors.contains("no answer from \(down) ("), "\(result.errors)")
        let asked = server.requests.withLock(\.count)
        _ = try run(command, environment: environment(server.url))
        #expect(asked > 0 && server.requests.withLock(\.count) > asked)
    }

    /// A server that sends the beginning of a file without its length, and nothing more.
    private final class Stalling: Sendable {
        let port: UInt16
        private let listener: CInt

        init() throws {
            (listener, port) = try LoopbackPort.listen()
            let listener = listener
            Thread.detachNewThread {
                var connections: [FileHandle] = []
                while case let number = accept(listener, nil, nil), number >= 0 {
                    let connection = FileHandle(fileDescriptor: number, closeOnDealloc: true)
                    _ = connection.availableData
                    try? connection.write(contentsOf: Data("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nx".utf8))
                    connections.append(connection)
                }
                close(listener)
            }
        }

        deinit { shutdown(listener, CInt(SHUT_RDWR)) }
    }

    @Test func `A server that stops in the middle of a file has answered`() throws {
        let server = try Stalling()
        let url = "http://127.0.0.1:\(server.port)"
        let result = try sonde(
            "dump", "-p", "\(program.pid)", environment: environment(url, ["DEBUGINFOD_TIMEOUT": "2"]))
        #expect(result.status == .exited(0))
        #expect(result.errors.contains("was not fetched: no answer in time"), "\(result.errors)")
        #expect(!result.errors.contains("no answer from"), "\(result.errors)")
    }

    @Test func `A server that never answers costs its timeout once`() throws {
        let server = try Answering(nil)
        let result = try sonde(recordArguments(), environment: environment(server.url, ["DEBUGINFOD_TIMEOUT": "1"]))
        #expect(result.status == .exited(0) && !result.output.isEmpty)
        #expect(result.errors.contains("(no answer in time); debug information of"), "\(result.errors)")
        #expect(server.requests.withLock(\.count) == 1)
    }

    @Test func `Downloads end at their limit, and the recording is kept`() throws {
        let server = try Answering(nil)
        let result = try sonde(recordArguments("--fetch-limit", "1s"), environment: environment(server.url))
        #expect(result.status == .exited(0) && !result.output.isEmpty)
        #expect(result.errors.contains("was not fetched within 1s\n  --fetch-limit 5s"), "\(result.errors)")
    }

    @Test func `Ctrl-C ends a download, and the recording is kept`() throws {
        let server = try Answering(nil)
        let recording = try Child(
            [Locations.sonde.path] + recordArguments(), environment: environment(server.url))
        #expect(eventually { server.requests.withLock(\.count) == 1 })
        recording.send(signal: SIGINT)
        #expect(try recording.exitStatus() == .exited(0))
        recording.waitForOutput()
        #expect(!recording.standardOutput.isEmpty)
        let errors = String(decoding: recording.standardError, as: UTF8.self)
        #expect(errors.contains("warning: fetching debug information was interrupted"), "\(errors)")
    }

    @Test func `A terminal shows what is fetched, until Ctrl-C`() throws {
        let server = try Answering(nil)
        let window = try TerminalWindow(columns: 100, rows: 40)
        let variables = environment(server.url).map { "\($0)='\($1)'" }.joined(separator: " ")
        try window.enter("\(variables) \(Locations.sonde.path) dump -p \(program.pid)")
        try window.wait { $0.contains("fetching debug information of ") }
        try window.press("C-c")
        try window.wait { $0.contains("was interrupted") && $0.contains("1 thread") }
        #expect(try !window.text().contains(" …"))
    }

    @Test func `A limit of fetching is no use without servers, which is said`() throws {
        let result = try sonde("dump", "-p", "\(program.pid)", "--fetch-limit", "30s")
        #expect(result.status == .exited(0))
        #expect(result.errors.contains("--fetch-limit has no effect: DEBUGINFOD_URLS names no servers"))
    }

    @Test(.enabled(if: Privileges.isRoot), arguments: ["http://127.0.0.1:9", " "])
    func `Without its library there is one warning, where servers are named`(urls: String) throws {
        let hidden = "mount --bind /dev/null /usr/lib/x86_64-linux-gnu/libdebuginfod.so.1 && exec \"$@\""
        let result = try run(
            [
                "/usr/bin/unshare", "-m", "/bin/sh", "-c", hidden, "sh", Locations.sonde.path, "dump", "-p",
                "\(program.pid)",
            ], environment: environment(urls))
        #expect(result.status == .exited(0))
        let isNamed = urls != " "
        #expect(result.errors.contains("no debug information was fetched: DEBUGINFOD_URLS is set") == isNamed)
        #expect(result.errors.contains("\n  apt install libdebuginfod1\n") == isNamed, "\(result.errors)")
    }
}
