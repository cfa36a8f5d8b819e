import AgentServer
import AgentState
import Foundation
import HostWatch
import Testing

struct GroupMemoryTests {
    private func body(_ source: SampleSource, group: String = "leaky") async throws -> [String: Any] {
        let reply = try await withServer(source: source) {
            try await request("/api/v1/groups/\(group)/memory", of: $0.addresses[0])
        }
        return try #require(reply.json)
    }

    @Test("An hour counts for its readings, and its extremes are not lost")
    func spans() async throws {
        let source = SampleSource()
        let hour = MemoryPoint(
            wall: 0, span: 3600, count: 720, minimum: 50, maximum: 900, average: 100, last: 60, resident: 70,
            residentMaximum: 5000)
        source.series = MemoryHistory(
            points: [hour, MemoryPoint(wall: 3600, last: 821, resident: 200)], isTruncated: true)
        let body = try await body(source)
        #expect(body["anonymous_average_bytes"] as? Double == 101)
        #expect(body["anonymous_minimum_bytes"] as? Int == 50)
        #expect(body["anonymous_maximum_bytes"] as? Int == 900)
        #expect(body["maximum_bytes"] as? Int == 5000)
        #expect(body["average_bytes"] is NSNull)
        #expect(body["minimum_bytes"] is NSNull)
        #expect(body["from"] as? Double == 0)
        #expect(body["truncated"] as? Bool == true)
        let points = try #require(body["points"] as? [[String: Any]])
        #expect(points.map { $0["readings"] as? Int } == [720, 1])
        #expect(points[0]["span_seconds"] as? Double == 3600)
        #expect(points[0]["anonymous_bytes"] as? Int == 60)
        #expect(points[0]["resident_maximum_bytes"] as? Int == 5000)
    }

    @Test("A group that is gone has its history, and nothing of now")
    func goneGroup() async throws {
        let source = SampleSource()
        source.series = MemoryHistory(
            points: [MemoryPoint(wall: 10, last: 5, resident: 6), MemoryPoint(wall: 20, last: 7, resident: 9)],
            isTruncated: false)
        let body = try await body(source, group: "killed")
        #expect(body["group"] as? String == "killed")
        for field in ["current_bytes", "anonymous_current_bytes", "percent", "limit_percent", "verdict"] {
            #expect(body[field] is NSNull, "\(field)")
        }
        #expect(body["maximum_bytes"] as? Int == 9)
        #expect(body["points_total"] as? Int == 2)
        source.series = MemoryHistory(points: [], isTruncated: false)
        let nothing = try await withServer(source: source) {
            try await request("/api/v1/groups/killed/memory", of: $0.addresses[0])
        }
        #expect(nothing.status == 404)
        #expect(nothing.text.contains("in the last 60 minutes"))
    }

    @Test("What only memory gave says so")
    func failingStore() async throws {
        let source = SampleSource()
        source.series = MemoryHistory(
            points: [MemoryPoint(wall: 10, last: 5, resident: 6)], isTruncated: true, storeFailure: "disk")
        let body = try await body(source)
        #expect(body["truncated"] as? Bool == true)
        #expect(body["store_failure"] as? String == "disk")
        #expect(body["points_total"] as? Int == 1)
    }

    @Test("Without readings nothing is said of them")
    func nothing() async throws {
        let body = try await body(SampleSource())
        for field in ["average", "minimum", "maximum"] {
            #expect(body["\(field)_bytes"] is NSNull, "\(field)")
            #expect(body["anonymous_\(field)_bytes"] is NSNull, "\(field)")
        }
        #expect(body["from"] is NSNull)
        #expect(body["current_bytes"] as? Int == 900 << 20)
    }

    @Test("Swap that is not read makes their sum unknown")
    func unknownSwap() async throws {
        #expect(try await body(SampleSource(), group: "private")["anonymous_current_bytes"] is NSNull)
    }

    @Test("A group of which nothing runs has no share of a limit")
    func gracePeriod() async throws {
        var state = SampleState.make()
        let index = try #require(state.snapshot.groups.firstIndex { $0.name == "leaky" })
        state.snapshot.groups[index].processes = 0
        state.snapshot.groups[index].highestLimitShare = .value(0)
        state.snapshot.groups[index].highestDescriptorShare = .value(0)
        let source = SampleSource(state)
        #expect(try await body(source)["limit_percent"] is NSNull)
        let reply = try await withServer(source: source) { try await request("/api/v1/groups", of: $0.addresses[0]) }
        let groups = try #require(reply.json?["groups"] as? [[String: Any]])
        let group = try #require(groups.first { $0["group"] as? String == "leaky" })
        #expect(group["limit_percent"] is NSNull)
        #expect(group["descriptor_percent"] is NSNull)
        #expect(groups.contains { $0["limit_percent"] is Double })
    }

    @Test("Sums without a process that can't be read are null, and say why")
    func unreadProcess() async throws {
        var state = SampleState.make()
        let index = try #require(state.snapshot.groups.firstIndex { $0.name == "leaky" })
        for sum in [\GroupMeasurement.threads, \.resident, \.anonymous, \.virtual, \.swap] {
            state.snapshot.groups[index][keyPath: sum] = .notRead
        }
        state.snapshot.groups[index].highestLimitShare = .notRead
        let source = SampleSource(state)
        let memory = try await body(source)
        for field in ["current_bytes", "anonymous_current_bytes", "percent", "limit_percent"] {
            #expect(memory[field] is NSNull, "\(field)")
        }
        let (groups, report) = try await withServer(source: source) { server in
            (
                try await request("/api/v1/groups?sort=resident", of: server.addresses[0]),
                try await request("/api/v1/metrics/report", of: server.addresses[0])
            )
        }
        let bodies = try #require(groups.json?["groups"] as? [[String: Any]])
        let group = try #require(bodies.first { $0["group"] as? String == "leaky" })
        let fields = ["threads", "resident_bytes", "percent", "anonymous_bytes", "virtual_bytes", "limit_percent"]
        for field in fields {
            #expect(group[field] is NSNull, "\(field)")
            #expect((group["unknown"] as? [String: String])?[field] == "not_read", "\(field)")
        }
        #expect((report.json?["memory"] as? [String: Any])?["resident_bytes"] is NSNull)
    }

    @Test("A limit that was not read is null and says why")
    func unreadLimit() async throws {
        var state = SampleState.make()
        state.snapshot.processes[0].memory.limit = MemoryLimit(bytes: 0, source: .host)
        let reply = try await withServer(source: SampleSource(state)) {
            try await request("/api/v1/processes/100", of: $0.addresses[0])
        }
        let process = try #require(reply.json)
        for field in ["limit_bytes", "limit_source", "limit_percent"] {
            #expect(process[field] is NSNull, "\(field)")
            #expect((process["unknown"] as? [String: String])?[field] == "not_read", "\(field)")
        }
    }
}
