import AgentServer
import AgentState
import Foundation
import MetricFamilies
import Synchronization
import TestSupport
import Testing

struct CompressionTests {
    private static let paths = [
        "/", "/metrics", "/metrics?leaking_processes=5", "/metrics/summary", "/api/v1/metrics",
        "/api/v1/metrics/report", "/api/v1/metrics/dashboard", "/api/v1/processes", "/api/v1/groups",
        "/api/v1/groups/leaky/memory", "/api/v1/openapi.yaml",
    ]
    private static let gzip = ["Accept-Encoding": "gzip"]

    private func source() -> SampleSource {
        let source = SampleSource(SampleState.make(extra: 40))
        let points = (1...50).map { MemoryPoint(wall: Double($0), last: 1, resident: 1) }
        source.series = MemoryHistory(points: points, isTruncated: false)
        return source
    }

    @Test(
        "Gzip is taken when it is named or all is, and as good as a body as it is",
        arguments: [
            ("gzip", true), ("x-gzip", true), ("*", true), ("GZIP ; Q=0.5", true), ("deflate, gzip;q=1.0, br", true),
            ("gzip, identity", true), ("*;q=0.1", true), ("gzip;q=0, x-gzip", true), ("gzip;q=0.001", true),
            ("identity;q=0.5, gzip;q=0.5", true), ("gzip;other=1", true), ("\t gzip \t,", true),
            ("", false), ("identity", false), ("deflate, br, zstd", false), ("gzip;q=0", false),
            ("gzip;q=0.000", false), ("gzip;q=0, *", false), ("*;q=0", false), ("gzip;q=0.5, identity", false),
            ("gzip;q=2", false), ("gzip;q=x", false), ("gzip;q=", false), ("gzip;q=nan", false),
            ("gzip;q=1e0", false), ("gzipped", false), ("not gzip", false), (";;;,,;q=1", false), ("\u{0}", false),
            ("g\u{301}zip", false),
            (String(repeating: "a,", count: 600) + "gzip", false),
        ])
    func acceptEncoding(header: String, takesGzip: Bool) {
        #expect(AcceptEncoding(header).takesGzip == takesGzip)
    }

    @Test("What curl decompresses is what others get", arguments: paths)
    func decompressed(path: String) async throws {
        try await withServer(source: source(), metrics: .large) { server async throws in
            for accept in ["text/plain", "application/openmetrics-text"] {
                let plain = try await request(path, of: server.addresses[0], headers: ["Accept": accept])
                let curl = try await blocking {
                    try run([
                        "/usr/bin/curl", "-sS", "--compressed", "-H", "Accept: \(accept)",
                        "http://\(server.addresses[0])\(path)",
                    ])
                }
                #expect(curl.output == plain.text, "\(curl.errors)")
                #expect(plain.headers["content-encoding"] == nil)
                let isExposition = path == "/metrics"
                #expect(plain.headers["vary"] == (isExposition ? "Accept, Accept-Encoding" : "Accept-Encoding"))
            }
        }
    }

    @Test("A compressed response says so, and HEAD has its head", arguments: paths)
    func heads(path: String) async throws {
        try await withServer(source: source(), metrics: .large) { server async throws in
            let plain = try await request(path, of: server.addresses[0])
            let get = try await request(path, of: server.addresses[0], headers: Self.gzip)
            #expect(get.headers["content-encoding"] == "gzip")
            #expect(get.headers["content-length"] == "\(get.body.count)")
            #expect(get.body.count < plain.body.count)
            let head = try await request(path, method: "HEAD", of: server.addresses[0], headers: Self.gzip)
            #expect(head.body.isEmpty)
            for field in ["content-length", "content-encoding", "content-type", "vary"] {
                #expect(head.headers[field] == get.headers[field], "\(field)")
            }
            let plainHead = try await request(path, method: "HEAD", of: server.addresses[0])
            #expect(plainHead.headers["content-length"] == "\(plain.body.count)")
            let refused = try await request(
                path, of: server.addresses[0], headers: ["Accept-Encoding": "gzip;q=0"])
            #expect(refused.body == plain.body)
            #expect(refused.headers["content-encoding"] == nil)
        }
    }

    @Test("Small bodies and errors stay as they are", arguments: ["/healthz", "/readyz", "/nothing", "/metrics?x=1"])
    func small(path: String) async throws {
        try await withServer { server async throws in
            let reply = try await request(path, of: server.addresses[0], headers: Self.gzip)
            #expect(reply.headers["content-encoding"] == nil)
            #expect(reply.json != nil)
        }
    }

    @Test("However many ask at a time, a body is made once for a state, and again for the next one")
    func madeOnce() async throws {
        let made = Mutex<[ExpositionFormat: Int]>([:])
        let source = source()
        let large = MetricsPresentation.large
        let counting = MetricsPresentation(
            exposition: { state, format, leaking in
                let round = made.withLock {
                    $0[format, default: 0] += 1
                    return $0[format, default: 0]
                }
                // Until all others wait for it, where the machine has threads for them.
                if format == .text { _ = eventually(within: 5) { source.revisionReads >= 40 * round } }
                return large.exposition(state, format, leaking)
            }, families: large.families)
        try await withServer(source: source, metrics: counting) { server async throws in
            let address = server.addresses[0]
            func ask() async throws -> Set<[UInt8]> {
                try await withThrowingTaskGroup(of: (Bool, Reply).self) { tasks in
                    for number in 0..<40 {
                        tasks.addTask {
                            let headers = number % 2 == 0 ? Self.gzip : [:]
                            return (number % 2 == 0, try await request("/metrics", of: address, headers: headers))
                        }
                    }
                    return try await tasks.reduce(into: []) { bodies, reply in
                        #expect(reply.1.status == 200)
                        #expect((reply.1.headers["content-encoding"] == "gzip") == reply.0)
                        bodies.insert(reply.1.body)
                    }
                }
            }
            #expect(try await ask().count == 2)
            #expect(made.withLock { $0 } == [.text: 1])
            source.state = SampleState.make(extra: 41)
            let bodies = try await ask()
            #expect(bodies.count == 2)
            #expect(bodies.contains { String(decoding: $0, as: UTF8.self).contains("extra-40") })
            #expect(made.withLock { $0 } == [.text: 2])
            _ = try await request("/metrics", of: address, headers: ["Accept": "application/openmetrics-text"])
            #expect(made.withLock { $0 } == [.text: 2, .openMetrics: 1])
        }
    }

    @Test("Many ask at a time for bodies of their own: all get them whole, compressed or not")
    func manyAtOnce() async throws {
        try await withServer(source: source()) { server async throws in
            let address = server.addresses[0]
            let plain = try await request("/api/v1/processes", of: address)
            let bodies = try await withThrowingTaskGroup(of: Reply.self) { tasks in
                for _ in 0..<30 {
                    tasks.addTask { try await request("/api/v1/processes", of: address, headers: Self.gzip) }
                }
                return try await tasks.reduce(into: [Reply]()) { $0.append($1) }
            }
            for reply in bodies {
                #expect(reply.status == 200)
                #expect(try decoded(reply) == plain.body)
            }
        }
    }

    @Test("Prometheus, which asks for gzip, reads all series of both formats")
    func prometheus() async throws {
        try await withServer(source: source(), metrics: .large) { server async throws in
            let address = "\(server.addresses[0])"
            let text = try await request("/metrics", of: server.addresses[0]).text
            let lines = text.split(separator: "\n").count { !$0.hasPrefix("#") }
            try await blocking {
                let prometheus = try PrometheusServer(scraping: [.init("sonde", address: address)])
                try prometheus.waitUntilScraped("sonde", times: 3)
                #expect(try prometheus.value("scrape_samples_scraped{job=\"sonde\"}") == Double(lines))
                #expect(try prometheus.value("count(sonde_group_processes)") == 44)
                #expect(prometheus.complaints == "")
            }
        }
    }

    @Test(
        "When clients leave too much unread, large bodies of one's own are refused, what is shared is not",
        .timeLimit(.minutes(2)))
    func unread() async throws {
        let (source, path) = (SampleSource(SampleState.make(extra: 600)), "/api/v1/processes?limit=500")
        let size = try await withServer(source: source) { try await request(path, of: $0.addresses[0]).body.count }
        // Room for one that nobody reads, the one that is asked for, and the one before it, until that is forgotten.
        let limits = { (limits: inout ServerLimits) in (limits.unread, limits.seconds) = (size * 7 / 2, 6) }
        try await withServer(source: source, limits: limits) { server async throws in
            let address = server.addresses[0]
            #expect(try await request(path, of: address).status == 200)
            let deaf = try (0..<3).map { _ in try ClientSocket(address, receiveBuffer: 4096) }
            for socket in deaf {
                for _ in 0..<50 { socket.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            }
            var busy = try await request(path, of: address)
            while busy.status == 200 { busy = try await request(path, of: address) }
            #expect(busy.status == 503)
            #expect(busy.errorCode == "busy")
            #expect(busy.headers["retry-after"] == "1")
            #expect(try await request("/metrics", of: address).status == 200)
            #expect(try await request("/metrics/summary", of: address).status == 200)
            // Once the time of the deaf ones is over.
            while try await request(path, of: address).status != 200 {}
            withExtendedLifetime(deaf) {}
        }
    }

    private func decoded(_ reply: Reply) throws -> [UInt8] {
        guard reply.headers["content-encoding"] == "gzip" else { return reply.body }
        return Array(try run(["/usr/bin/gzip", "-dc"], input: Data(reply.body)).standardOutput)
    }
}

extension MetricsPresentation {
    /// All that the agent says of its state.
    fileprivate static let large = MetricsPresentation(
        exposition: { state, format, leaking in
            MetricsExposition.bytes(of: state.metricFamilies(leakingProcesses: leaking), in: format)
        }, families: { $0.metricFamilies() })
}
