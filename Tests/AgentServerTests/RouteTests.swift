import AgentServer
import AgentState
import Alerting
import Foundation
import HostWatch
import Testing

struct RouteTests {
    static let paths = [
        "/metrics/summary", "/api/v1/metrics", "/api/v1/metrics/report", "/api/v1/metrics/dashboard",
        "/api/v1/processes", "/api/v1/processes/200", "/api/v1/groups", "/api/v1/groups/leaky/memory",
        "/api/v1/alerts", "/api/v1/alerts?state=resolved", "/healthz", "/readyz",
    ]

    @Test("Every JSON route answers an object, with what all responses have", arguments: paths)
    func answersJSON(path: String) async throws {
        let reply = try await withServer { try await request(path, of: $0.addresses[0]) }
        #expect(reply.status == 200)
        #expect(reply.json != nil)
        #expect(reply.headers["content-type"] == "application/json")
        #expect(reply.headers["content-length"] == "\(reply.body.count)")
        #expect(reply.headers["x-content-type-options"] == "nosniff")
        #expect(reply.headers["cache-control"] == "no-store")
        #expect(reply.headers["x-request-id"]?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
        #expect(reply.headers["x-response-time"]?.wholeMatch(of: /[0-9]+\.[0-9]{3}ms/) != nil)
        #expect(reply.headers["date"]?.wholeMatch(of: /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/) != nil)
    }

    @Test("Metrics are text, or OpenMetrics when asked for")
    func metrics() async throws {
        try await withServer { server async throws in
            let text = try await request("/metrics", of: server.addresses[0])
            #expect(text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(text.text == "sonde_processes 4\nsonde_leaking 0\n")
            let open = try await request(
                "/metrics", of: server.addresses[0], headers: ["Accept": "application/openmetrics-text"])
            #expect(open.text.hasSuffix("# EOF\n"))
            let leaking = try await request("/metrics?leaking_processes=50", of: server.addresses[0])
            #expect(leaking.text.contains("sonde_leaking 50\n"))
            #expect(try await request("/metrics?leaking_processes=51", of: server.addresses[0]).status == 400)
        }
    }

    @Test("The summary has the metrics' figures, those of histograms too")
    func summary() async throws {
        let reply = try await withServer { try await request("/metrics/summary", of: $0.addresses[0]) }
        let metrics = try #require(reply.json?["metrics"] as? [String: [String: Any]])
        let samples = try #require(metrics["sonde_group_processes"]?["samples"] as? [[String: Any]])
        let names = samples.compactMap { ($0["labels"] as? [String: String])?["groupname"] }
        #expect(Set(names) == ["leaky", "redis-server", "private", SampleState.hostileName])
        let histograms = try #require(metrics["sonde_collection_seconds"]?["samples"] as? [[String: Any]])
        #expect((histograms[0]["histogram"] as? [String: Any])?["counts"] as? [Int] == [3, 1, 0])
        #expect(histograms[0]["value"] is NSNull)
    }

    @Test("The report says which destination of alerts is down, and how many wait for it")
    func destinations() async throws {
        let reply = try await withServer { try await request("/api/v1/metrics/report", of: $0.addresses[0]) }
        let agent = try #require(reply.json?["agent"] as? [String: Any])
        let destination = try #require((agent["destinations"] as? [[String: Any]])?.first)
        #expect(destination["kind"] as? String == "webhook")
        #expect(destination["name"] as? String == "webhook example:443")
        #expect(destination["up"] as? Bool == false)
        #expect(destination["pending"] as? Int == 7)
    }

    @Test("What can't be read is null and says why, never zero")
    func unknown() async throws {
        let reply = try await withServer { try await request("/api/v1/processes/300", of: $0.addresses[0]) }
        let process = try #require(reply.json)
        for field in ["open_descriptors", "disk_read_bytes_total", "connections", "swap_bytes", "cpu_percent"] {
            #expect(process[field] is NSNull, "\(field)")
        }
        let reasons = try #require(process["unknown"] as? [String: String])
        #expect(reasons["open_descriptors"] == "not_permitted")
        #expect(reasons["connections"] == "not_offered")
        #expect(reasons["swap_bytes"] == "not_read")
        #expect(reasons["cpu_percent"] == "not_yet")
        #expect(process["resident_bytes"] as? Int == 2 << 20)
    }

    @Test("A share of the limit is of anonymous memory and swap")
    func limitShare() async throws {
        try await withServer { server async throws in
            let process = try await request("/api/v1/processes/200", of: server.addresses[0])
            let share = try #require(process.json?["limit_percent"] as? Double)
            #expect(abs(share - 100 * Double(450 << 20 + 4096) / Double(1 << 30)) < 1e-9)
            let unread = try await request("/api/v1/processes/300", of: server.addresses[0])
            #expect(unread.json?["limit_percent"] is NSNull && unread.json?["limit_bytes"] as? Int == 1 << 30)
            #expect((unread.json?["unknown"] as? [String: String])?["limit_percent"] == "not_read")
        }
    }

    @Test("What the agent can't read of itself is null")
    func ownUse() async throws {
        var state = SampleState.make()
        state.health.cpuSeconds = nil
        state.health.residentBytes = nil
        try await withServer(source: SampleSource(state)) { server async throws in
            let report = try await request("/api/v1/metrics/report", of: server.addresses[0])
            let agent = try #require(report.json?["agent"] as? [String: Any])
            #expect(agent["cpu_seconds_total"] is NSNull && agent["resident_bytes"] is NSNull)
            #expect(agent["open_descriptors"] as? Int == 20)
        }
    }

    @Test("Cgroups with limits are told, with what isn't known as null")
    func cgroups() async throws {
        let reply = try await withServer { try await request("/api/v1/metrics", of: $0.addresses[0]) }
        #expect(reply.json?["cgroups_total"] as? Int == 7)
        let cgroups = try #require(reply.json?["cgroups"] as? [[String: Any]])
        #expect(cgroups.map { $0["limit_kind"] as? String } == ["high", "max"])
        #expect(cgroups[0]["unreclaimable_percent"] as? Double == 50)
        #expect((cgroups[0]["largest_process"] as? [String: Any])?["command"] as? String == SampleState.hostileName)
        #expect(cgroups[1]["path"] as? String == "/" + SampleState.hostileName)
        for field in ["current_bytes", "unreclaimable_bytes", "unreclaimable_percent", "largest_process"] {
            #expect(cgroups[1][field] is NSNull, "\(field)")
        }
    }

    @Test("Numbers that JSON doesn't have are null")
    func notANumber() async throws {
        let reply = try await withServer { try await request("/api/v1/processes/100", of: $0.addresses[0]) }
        let leak = try #require(reply.json?["leak"] as? [String: Any])
        #expect(leak["slope_bytes_per_second"] is NSNull)
        #expect(leak["slope_high"] is NSNull)
        #expect(leak["verdict"] as? String == "none")
    }

    @Test("Hostile names come through unharmed, and keys that are names are not rewritten")
    func hostileNames() async throws {
        try await withServer { server async throws in
            let process = try await request("/api/v1/processes/400", of: server.addresses[0])
            #expect(process.json?["command"] as? String == SampleState.hostileName)
            #expect(!process.body.contains { $0 < 0x20 })
            let encoded = try #require(
                SampleState.hostileName.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let memory = try await request("/api/v1/groups/\(encoded)/memory", of: server.addresses[0])
            #expect(memory.json?["group"] as? String == SampleState.hostileName)
            let groups = try await request("/api/v1/groups", of: server.addresses[0])
            let bodies = try #require(groups.json?["groups"] as? [[String: Any]])
            let secret = try #require(bodies.first { $0["group"] as? String == "private" })
            #expect((secret["unreadable"] as? [String: Int])?["camelCase"] == 1)
        }
    }

    @Test("The CPU's use is there from the second collection on")
    func processorUse() async throws {
        let source = SampleSource()
        let first = SampleState.make().snapshot
        var second = first
        second.time = .init(monotonic: first.time.monotonic + 10, wall: first.time.wall + 10)
        var cpu = try #require(first.host.cpu.value)
        cpu.user += 10
        cpu.idle += 30
        second.host.cpu = .value(cpu)
        second.processes[0].cpu.user += 5
        source.processorUse = ProcessorUse(from: first, to: second)
        try await withServer(source: source) { server async throws in
            let overview = try await request("/api/v1/metrics", of: server.addresses[0])
            #expect((overview.json?["system"] as? [String: Any])?["cpu_percent"] as? Double == 25)
            let process = try await request("/api/v1/processes/100", of: server.addresses[0])
            #expect(process.json?["cpu_percent"] as? Double == 50)
        }
    }

    @Test("Memory of a group: series, statistics and verdict")
    func groupMemory() async throws {
        let source = SampleSource()
        let series = (1...2500).map { MemoryPoint(wall: Double($0), last: UInt64(2 * $0), resident: UInt64($0)) }
        source.series = MemoryHistory(points: series, isTruncated: false)
        let reply = try await withServer(source: source) {
            try await request("/api/v1/groups/leaky/memory?minutes=5", of: $0.addresses[0])
        }
        let body = try #require(reply.json)
        #expect(body["average_bytes"] as? Double == 1250.5)
        #expect(body["minimum_bytes"] as? Int == 1)
        #expect(body["maximum_bytes"] as? Int == 2500)
        #expect(body["current_bytes"] as? Int == 900 << 20)
        #expect(body["verdict"] as? String == "confirmed")
        #expect(body["slope_bytes_per_second"] as? Double == 15_000)
        #expect((body["evidence"] as? String)?.contains("312 MiB") == true)
        #expect(body["anonymous_average_bytes"] as? Double == 2501)
        #expect(body["anonymous_current_bytes"] as? Int == 450 << 20 + 4096)
        #expect(body["from"] as? Double == 1)
        #expect(body["truncated"] as? Bool == false)
        #expect(body["points_total"] as? Int == 2500)
        let points = try #require(body["points"] as? [[String: Any]])
        #expect(points.count <= 1000)
        #expect(points.last?["resident_bytes"] as? Int == 2500)
    }

    @Test("A group without readings has no statistics")
    func noReadings() async throws {
        let reply = try await withServer {
            try await request("/api/v1/groups/redis-server/memory", of: $0.addresses[0])
        }
        #expect(reply.json?["average_bytes"] is NSNull)
        #expect(reply.json?["points_total"] as? Int == 0)
    }

    @Test("Lists have pages, an order and a filter")
    func lists() async throws {
        try await withServer(source: SampleSource(SampleState.make(extra: 600))) { server async throws in
            func pids(_ query: String) async throws -> [Int] {
                let reply = try await request("/api/v1/processes?\(query)", of: server.addresses[0])
                let processes = try #require(reply.json?["processes"] as? [[String: Any]])
                return processes.compactMap { $0["pid"] as? Int }
            }
            #expect(try await pids("").count == 100)
            #expect(try await pids("limit=500").count == 500)
            #expect(try await pids("limit=2") == [200, 100])
            #expect(try await pids("limit=2&offset=1") == [100, 300])
            #expect(try await pids("sort=pid&limit=2") == [100, 200])
            #expect(try await pids("sort=pid&order=desc&limit=1") == [1599])
            #expect(try await pids("group=leaky") == [200])
            #expect(try await pids("offset=100000").isEmpty)
            let groups = try await request("/api/v1/groups?sort=name&limit=1", of: server.addresses[0])
            #expect(groups.json?["total"] as? Int == 604)
        }
    }

    @Test("Alerts are the active ones, or those of the store")
    func alerts() async throws {
        try await withServer { server async throws in
            let active = try await request("/api/v1/alerts", of: server.addresses[0])
            let first = try #require((active.json?["alerts"] as? [[String: Any]])?.first)
            #expect(first["state"] as? String == "active")
            #expect(first["resolved_at"] is NSNull)
            #expect(first["unit"] as? String == "bytes_per_second")
            let resolved = try await request("/api/v1/alerts?state=resolved&limit=2", of: server.addresses[0])
            #expect((resolved.json?["alerts"] as? [Any])?.count == 2)
            #expect(resolved.json?["total"] as? Int == 3)
            #expect(resolved.json?["store_failure"] is NSNull)
        }
    }

    @Test("Of many active alerts the critical and then the newest come first, and all are counted")
    func manyAlerts() async throws {
        let source = SampleSource()
        source.state?.activeAlerts = (0..<300).map { number in
            var alert = SampleState.alert(.active, id: "\(number)")
            alert.since += Double(number)
            alert.severity = number == 7 ? .critical : .warning
            return alert
        }
        try await withServer(source: source) { server async throws in
            func ids(_ list: Any?) -> [String] { (list as? [[String: Any]] ?? []).compactMap { $0["id"] as? String } }
            let alerts = try await request("/api/v1/alerts?limit=3", of: server.addresses[0])
            #expect(ids(alerts.json?["alerts"]) == ["7", "299", "298"])
            #expect(alerts.json?["total"] as? Int == 300)
            let report = try await request("/api/v1/metrics/report", of: server.addresses[0])
            #expect(ids(report.json?["alerts"]).prefix(2) == ["7", "299"])
            let dashboard = try await request("/api/v1/metrics/dashboard", of: server.addresses[0])
            #expect(ids(dashboard.json?["alerts_active"]).prefix(2) == ["7", "299"])
            #expect(dashboard.json?["alerts_active_total"] as? Int == 300)
        }
    }

    @Test("Resolved alerts of memory alone say so")
    func rememberedAlerts() async throws {
        let source = SampleSource()
        source.history = AlertHistory(alerts: [SampleState.alert(.resolved)], total: nil, storeFailure: "disk")
        let reply = try await withServer(source: source) {
            try await request("/api/v1/alerts?state=resolved", of: $0.addresses[0])
        }
        #expect(reply.status == 200)
        #expect(reply.json?["total"] is NSNull)
        #expect(reply.json?["store_failure"] as? String == "disk")
        #expect((reply.json?["alerts"] as? [Any])?.count == 1)
    }

    @Test("Before the first collection it is alive but not ready")
    func notReady() async throws {
        let source = SampleSource(nil)
        try await withServer(source: source) { server async throws in
            #expect(try await request("/healthz", of: server.addresses[0]).status == 200)
            for path in ["/readyz", "/metrics", "/api/v1/metrics", "/api/v1/alerts"] {
                let reply = try await request(path, of: server.addresses[0])
                #expect(reply.status == 503)
                #expect(reply.errorCode == "not_ready")
                #expect(reply.headers["retry-after"] == "5")
            }
            source.state = SampleState.make()
            #expect(try await request("/readyz", of: server.addresses[0]).status == 200)
        }
    }

    @Test("While collections hang it is alive but not ready", arguments: [(5.0, 59.0, 61.0), (100.0, 299.0, 301.0)])
    func stalled(interval: Double, good: Double, bad: Double) async throws {
        let source = SampleSource()
        source.state?.health.collectionInterval = interval
        source.secondsSinceCollection = good
        try await withServer(source: source) { server async throws in
            #expect(try await request("/readyz", of: server.addresses[0]).status == 200)
            source.secondsSinceCollection = bad
            let reply = try await request("/readyz", of: server.addresses[0])
            #expect(reply.status == 503)
            #expect(reply.errorCode == "stalled")
            #expect(reply.text.contains("\(Int(bad)) seconds ago"))
            #expect(try await request("/healthz", of: server.addresses[0]).status == 200)
            #expect(try await request("/metrics", of: server.addresses[0]).status == 200)
        }
    }

    @Test("A store that fails is said to")
    func failingStore() async throws {
        let source = SampleSource()
        source.failStore()
        try await withServer(source: source) { server async throws in
            let memory = try await request("/api/v1/groups/leaky/memory", of: server.addresses[0])
            #expect(memory.status == 503)
            #expect(memory.errorCode == "store_unavailable")
            #expect(try await request("/api/v1/alerts", of: server.addresses[0]).status == 200)
        }
    }

    @Test("When too many requests read the store, more are asked to come later")
    func busyStore() async throws {
        let source = SampleSource()
        source.failStore(ConcurrencyLimit.Exceeded())
        try await withServer(source: source) { server async throws in
            for path in ["/api/v1/groups/leaky/memory", "/api/v1/alerts?state=resolved"] {
                let reply = try await request(path, of: server.addresses[0])
                #expect(reply.status == 503)
                #expect(reply.errorCode == "busy")
                #expect(reply.headers["retry-after"] == "5")
            }
        }
    }
}
