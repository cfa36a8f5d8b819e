import AgentConfiguration
import AgentServer
import Foundation
import TestSupport
import Testing

struct ConnectionTests {
    private static let get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test("Between two requests a connection may be silent for longer than a request may take")
    func pause() async throws {
        try await withServer(limits: { $0.seconds = 1 }) { server async throws in
            let statuses = try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                return (0..<3).map { number in
                    if number > 0 { usleep(2_500_000) }
                    return socket.reply(to: Self.get)?.status
                }
            }
            #expect(statuses == [200, 200, 200])
        }
    }

    @Test("An old connection ends with its next response")
    func age() async throws {
        try await withServer(limits: { $0.ageSeconds = 1 }) { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                let first = try #require(socket.reply(to: Self.get))
                #expect(first.headers["connection"] != "close")
                let isOld = eventually { socket.reply(to: Self.get)?.headers["connection"] == "close" }
                #expect(isOld)
                #expect(socket.readToEnd() == [])
            }
        }
    }

    @Test("A response that left before its request had come begins the pause once the rest has come")
    func lateEnd() async throws {
        try await withServer(limits: { $0.seconds = 1 }) { server async throws in
            let statuses = try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                let long = String(repeating: "a", count: 5000)
                let early = socket.reply(to: "POST /?\(long) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n")
                socket.send("late")
                usleep(2_500_000)
                return [early?.status, socket.reply(to: Self.get)?.status]
            }
            #expect(statuses == [414, 200])
        }
    }

    @Test("A connection that stays silent for too long is closed, whatever was answered on it")
    func silence() async throws {
        try await withServer(limits: { ($0.seconds, $0.idleSeconds) = (0.5, 2) }) { server async throws in
            let (time, end) = try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                _ = socket.reply(to: Self.get)
                let began = ContinuousClock.now
                let end = socket.readToEnd()
                return (ContinuousClock.now - began, end)
            }
            #expect(end == [])
            #expect(time > .milliseconds(1200))
        }
    }

    @Test(
        "A next request whose head drips in, or stops, is not waited for as long as for its first byte",
        arguments: ["a", ""])
    func dripAfterAnswer(drip: String) async throws {
        let end = try await withServer(limits: { $0.seconds = 1 }) { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0])
                guard socket.reply(to: Self.get)?.status == 200 else { return [UInt8]?.none }
                socket.send("GET /healthz HTTP/1.1\r\nX-Slow: ")
                while socket.send(drip), !socket.hasAnswer { usleep(20_000) }
                return socket.readToEnd()
            }
        }
        #expect(end != nil)
    }

    @Test("A client that stops reading in the midst of many responses loses the connection")
    func stopsReading() async throws {
        let source = SampleSource(SampleState.make(extra: 30))
        let isClosed = try await withServer(source: source, limits: { $0.seconds = 1 }) { server async throws in
            try await blocking {
                let socket = try ClientSocket(server.addresses[0], receiveBuffer: 4096)
                let request = "GET /api/v1/processes?limit=8 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                for _ in 0..<2000 { socket.send(request) }
                // Some responses leave, those behind them don't.
                for _ in 0..<10 { _ = socket.readSome() }
                return socket.waitUntilRefused()
            }
        }
        #expect(isClosed)
    }

    @Test("With as many idle connections as there may be, who comes is served, in place of the longest idle one")
    func fullOfIdleOnes() async throws {
        try await withServer(limits: { ($0.connections, $0.seconds) = (20, 60) }) { server async throws in
            try await blocking {
                let idle = try (0..<20).map { _ in
                    let socket = try ClientSocket(server.addresses[0])
                    #expect(socket.reply(to: Self.get)?.status == 200)
                    return socket
                }
                // The last one took the last place, which was freed again for the next.
                #expect(idle[0].readToEnd() == [])
                for number in 1...5 {
                    #expect(try ClientSocket(server.addresses[0]).reply(to: Self.get)?.status == 200)
                    #expect(idle[19].reply(to: Self.get)?.status == 200, "\(number)")
                }
            }
        }
    }

    @Test("With as many busy connections as there may be, who comes is served once one of them is answered")
    func fullOfBusyOnes() async throws {
        let source = SampleSource()
        source.delay = .milliseconds(400)
        let limits = { (limits: inout ServerLimits) in (limits.connections, limits.seconds) = (3, 60) }
        try await withServer(source: source, limits: limits) { server async throws in
            try await blocking {
                let busy = try (0..<3).map { _ in
                    let socket = try ClientSocket(server.addresses[0])
                    socket.send("GET /api/v1/groups/leaky/memory HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return socket
                }
                #expect(try ClientSocket(server.addresses[0]).reply(to: Self.get)?.status == 200)
                for socket in busy { #expect(socket.reply()?.status == 200) }
            }
        }
    }

    @Test("When more than half of the connections are taken, pauses are as short as a request")
    func crowded() async throws {
        try await withServer(limits: { ($0.connections, $0.seconds) = (4, 0.3) }) { server async throws in
            try await blocking {
                let sockets = try (0..<3).map { _ in
                    let socket = try ClientSocket(server.addresses[0])
                    #expect(socket.reply(to: Self.get)?.status == 200)
                    return socket
                }
                #expect(sockets[2].readToEnd() == [])
                for socket in sockets[..<2] { #expect(socket.reply(to: Self.get)?.status == 200) }
            }
        }
    }

    @Test(
        "Connections that never send a request, or only a part of its head, keep nobody out",
        arguments: ["", "GET / H"])
    func fullOfSilentOnes(start: String) async throws {
        try await withServer(limits: { ($0.connections, $0.seconds) = (10, 60) }) { server async throws in
            try await blocking {
                let silent = try (0..<30).map { _ in
                    let socket = try ClientSocket(server.addresses[0])
                    socket.send(start)
                    return socket
                }
                #expect(try ClientSocket(server.addresses[0]).reply(to: Self.get)?.status == 200)
                // The first ones made room.
                for socket in silent[..<20] { #expect(socket.readToEnd() == []) }
            }
        }
    }

    @Test("A client has so many connections at most, and replaces its own")
    func connectionsOfOneClient() async throws {
        let limits = { (limits: inout ServerLimits) in (limits.connectionsPerClient, limits.seconds) = (4, 60) }
        try await withServer(listening: ["127.0.0.1:0", "[::1]:0"], limits: limits) { server async throws in
            try await blocking {
                let other = try ClientSocket(server.addresses[1])
                #expect(other.reply(to: Self.get)?.status == 200)
                let own = try (0..<6).map { _ in
                    let socket = try ClientSocket(server.addresses[0])
                    #expect(socket.reply(to: Self.get)?.status == 200)
                    return socket
                }
                for socket in own[..<2] { #expect(socket.readToEnd() == []) }
                for socket in own[2...] { #expect(socket.reply(to: Self.get)?.status == 200) }
                #expect(other.reply(to: Self.get)?.status == 200)
            }
        }
    }

    @Test("A client whose connections all have a request gets no other one, and others do")
    func busyClient() async throws {
        let source = SampleSource()
        source.delay = .milliseconds(500)
        let limits = { (limits: inout ServerLimits) in (limits.connectionsPerClient, limits.seconds) = (2, 60) }
        try await withServer(listening: ["[::]:0"], source: source, limits: limits) { server async throws in
            try await blocking {
                let address = ListenAddress.host("127.0.0.1", port: server.port)
                let busy = try (0..<2).map { _ in
                    let socket = try ClientSocket(address)
                    socket.send("GET /api/v1/groups/leaky/memory HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return socket
                }
                // Their requests are there once the server has answered what another client sent after them.
                let other = ListenAddress.host("::1", port: server.port)
                #expect(try ClientSocket(other).reply(to: Self.get)?.status == 200)
                #expect(try ClientSocket(address).readToEnd() == [])
                for socket in busy { #expect(socket.reply()?.status == 200) }
                #expect(try ClientSocket(address).reply(to: Self.get)?.status == 200)
            }
        }
    }
}
