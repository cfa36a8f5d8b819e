import AgentConfiguration
import AgentServer
import Foundation
import TestSupport
import Testing

struct ListenerTests {
    @Test(
        "Addresses are parsed and written",
        arguments: [
            ("127.0.0.1:9797", true), (":9797", false), ("[::1]:9797", true), ("[2001:db8::1]:80", false),
            ("localhost:0", true), ("host.example:1", false), ("127.1.example:1", false),
            ("unix:/run/sonde.sock", true),
        ])
    func addresses(text: String, isLocal: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.description == text)
        #expect(address.isLocal == isLocal)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "9797", "host", "host:", "host:65536", "host:-1", "host:+1", "::1:9797", "[::1]", "[]:1", "[host]:1",
            "a b:1", "http://host:1", "unix:", "unix:relative", "unix:/" + String(repeating: "x", count: 108),
        ])
    func invalidAddresses(text: String) {
        #expect(ListenAddress(text) == nil)
        #expect(throws: WebServerError.invalidAddress(text)) { try RunningServer.idle(listening: [text]) }
    }

    @Test("Several addresses, of IPv4, IPv6 and a Unix socket, serve the same")
    func several() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/sonde.sock"
        try await withServer(listening: ["127.0.0.1:0", "[::1]:0", "unix:\(path)"]) { server async throws in
            #expect(server.addresses.count == 3)
            for address in server.addresses { #expect(try await request("/healthz", of: address).status == 200) }
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o660)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("All addresses: IPv4 and IPv6 both")
    func allAddresses() async throws {
        try await withServer(listening: [":0"]) { server async throws in
            #expect(try await request("/healthz", of: .host("127.0.0.1", port: server.port)).status == 200)
            #expect(try await request("/healthz", of: .host("::1", port: server.port)).status == 200)
        }
    }

    @Test("A port that is taken is an error that names it, and no listener stays")
    func portTaken() async throws {
        let free = try LoopbackPort.free()
        try await withServer { first in
            let taken = "127.0.0.1:\(first.port)"
            let error = await #expect(throws: WebServerError.self) {
                _ = try await RunningServer(listening: ["127.0.0.1:\(free)", taken])
            }
            #expect(error == .addressInUse(.host("127.0.0.1", port: first.port)))
            #expect(error?.description.contains("ss -ltnp 'sport = :\(first.port)'") == true)
        }
        #expect(!LoopbackPort.answers(free))
    }

    @Test("An address that this host doesn't have, and a name that nobody knows")
    func unknownAddress() async throws {
        for text in ["192.0.2.1:0", "no-such-host.invalid:0"] {
            let error = await #expect(throws: WebServerError.self) {
                _ = try await RunningServer(listening: [text])
            }
            guard case .unknownAddress = error else {
                Issue.record("\(text): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("A socket that nobody answers on is replaced, one that is used or another file is not")
    func staleSocket() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/sonde.sock"
        try runSuccessfully([
            "/usr/bin/python3", "-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path,
        ])
        try await withServer(listening: ["unix:\(path)"]) { server async throws in
            #expect(try await request("/healthz", of: server.addresses[0]).status == 200)
            let error = await #expect(throws: WebServerError.self) {
                _ = try await RunningServer(listening: ["unix:\(path)"])
            }
            #expect(error == .addressInUse(.unix(path: path)))
            #expect(try await request("/healthz", of: server.addresses[0]).status == 200)
        }
        try directory.write("precious", to: "sonde.sock")
        let error = await #expect(throws: WebServerError.self) {
            _ = try await RunningServer(listening: ["unix:\(path)"])
        }
        #expect(error == .notASocket(path: path))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test("It stops long before the time is over that clients have, whatever they do")
    func stopsUnderLoad() async throws {
        let source = SampleSource(SampleState.make(extra: 100))
        let server = try await RunningServer(source: source, limits: { $0.seconds = 60 })
        let address = server.addresses[0]
        let idle = try ClientSocket(address)
        let incomplete = try ClientSocket(address)
        incomplete.send("GET /heal")
        let waiting = try ClientSocket(address)
        waiting.send("POST /api/v1/metrics/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
        let deaf = try ClientSocket(address, receiveBuffer: 4096)
        for _ in 0..<20 { deaf.send("GET /api/v1/processes?limit=500 HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        let load = try Child(["/usr/bin/wrk", "-c", "20", "-t", "1", "-d", "60", "http://\(address)/api/v1/metrics"])
        while try await request("/healthz", of: address).status != 200 {}
        let time = try await server.stop()
        #expect(time < .seconds(5))
        #expect(!LoopbackPort.answers(server.port))
        withExtendedLifetime((idle, incomplete, waiting, deaf, load)) {}
    }
}
