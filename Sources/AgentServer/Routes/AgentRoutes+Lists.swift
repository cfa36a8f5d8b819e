import AgentState
import Alerting
import HTTPTypes
import HostWatch
import Hummingbird
import ProfileModel

/// By what lists of processes and groups are sorted.
enum ListOrder: String, CaseIterable {
    case resident, anonymous, cpu, threads, name, pid

    static let groupOrders: [ListOrder] = [.resident, .anonymous, .cpu, .threads, .name]
}

private enum Direction: String, CaseIterable {
    case ascending = "asc"
    case descending = "desc"
}

private enum AlertSelection: String, CaseIterable {
    case active, resolved
}

extension AgentRoutes {
    func processes(_ request: Request) throws -> Response {
        let query = try QueryParameters(request.uri.query, allowed: ["group", "sort", "order", "limit", "offset"])
        let (page, order) = (try page(query), try query.choice("sort", standard: ListOrder.resident))
        let direction = try direction(query, order)
        let (state, use) = (try readyState(), source.processorUse)
        let group = query.text("group")
        let wanted = state.snapshot.processes.filter { group == nil || $0.group == group }
        let sorted = Self.sorted(wanted, direction) { $0.precedes($1, by: order, use: use) }
        return try JSONBody.response(
            ProcessesBody(
                timestamp: state.snapshot.time.wall, total: wanted.count, offset: page.offset, limit: page.limit,
                processes: page.of(sorted).map { ProcessBody($0, in: state, use: use) }))
    }

    func process(_ request: Request, _ context: AgentRequestContext) throws -> Response {
        try rejectParameters(request)
        let text = try parameter("pid", of: context)
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let pid = Int32(text), pid > 0
        else { throw APIError.badRequest("invalid_parameter", "a process's number is 1 to \(Int32.max)") }
        let state = try readyState()
        guard let process = state.snapshot.processes.first(where: { $0.identity.process.rawValue == pid }) else {
            throw APIError.notFound("no process \(pid) is watched")
        }
        return try JSONBody.response(ProcessBody(process, in: state, use: source.processorUse))
    }

    func groups(_ request: Request) throws -> Response {
        let query = try QueryParameters(request.uri.query, allowed: ["sort", "order", "limit", "offset"])
        let (page, order) = (try page(query), try query.choice("sort", standard: ListOrder.resident))
        guard ListOrder.groupOrders.contains(order) else {
            throw APIError.badRequest("invalid_parameter", "groups have no number to sort by")
        }
        let direction = try direction(query, order)
        let (state, use) = (try readyState(), source.processorUse)
        let sorted = Self.sorted(state.snapshot.groups, direction) { $0.precedes($1, by: order, use: use) }
        return try JSONBody.response(
            GroupsBody(
                timestamp: state.snapshot.time.wall, total: sorted.count, offset: page.offset, limit: page.limit,
                groups: GroupBody.bodies(of: page.of(sorted), in: state, use: use)))
    }

    func memory(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let query = try QueryParameters(request.uri.query, allowed: ["minutes"])
        let minutes = try query.number("minutes", in: 1...Self.longestMinutes, standard: 60)
        let name = try parameter("group", of: context)
        let state = try readyState()
        let series = try await fromStore { try await source.memory(ofGroup: name, minutes: minutes) }
        let group = state.snapshot.groups.first { $0.name == name }
        guard group != nil || !series.points.isEmpty else {
            throw APIError.notFound(
                "no such group is watched, nor was one in the last \(minutes) minutes; /api/v1/groups lists them")
        }
        return try JSONBody.response(GroupMemoryBody(of: name, group, in: state, series: series, minutes: minutes))
    }

    func alerts(_ request: Request) async throws -> Response {
        let query = try QueryParameters(request.uri.query, allowed: ["state", "limit"])
        let limit = try query.number("limit", in: 1...1000, standard: 100)
        let selection = try query.choice("state", standard: AlertSelection.active)
        let state = try readyState()
        switch selection {
        case .active: return try JSONBody.response(AlertsBody(activeIn: state, limit: limit))
        case .resolved:
            let history = try await fromStore { try await source.resolvedAlerts(limit: limit) }
            return try JSONBody.response(AlertsBody(history, at: state.snapshot.time.wall))
        }
    }

    /// 90 days: what the store keeps.
    private static let longestMinutes = 90 * 24 * 60

    private func page(_ query: QueryParameters) throws -> Page {
        Page(
            offset: try query.number("offset", in: 0...1_000_000, standard: 0),
            limit: try query.number("limit", in: 1...500, standard: 100))
    }

    /// Numbers begin with the largest, names and process numbers with the first.
    private func direction(_ query: QueryParameters, _ order: ListOrder) throws -> Direction {
        try query.choice("order", standard: order == .name || order == .pid ? .ascending : .descending)
    }

    private static func sorted<Element>(
        _ elements: [Element], _ direction: Direction, _ precedes: (Element, Element) -> Bool
    ) -> [Element] {
        switch direction {
        case .ascending: elements.sorted { precedes($0, $1) }
        case .descending: elements.sorted { precedes($1, $0) }
        }
    }

    private func fromStore<Result>(_ read: () async throws -> Result) async throws -> Result {
        do {
            return try await read()
        } catch is ConcurrencyLimit.Exceeded {
            throw APIError.unavailable("busy", "too many requests read the store", retryAfter: 5)
        } catch {
            throw APIError.unavailable("store_unavailable", "the store can't be read: \(error)", retryAfter: 30)
        }
    }
}

extension ProcessMeasurement {
    fileprivate func precedes(_ other: Self, by order: ListOrder, use: ProcessorUse?) -> Bool {
        switch order {
        case .resident: memory.resident < other.memory.resident
        case .anonymous: memory.anonymous < other.memory.anonymous
        case .cpu: use?.processes[identity] ?? -1 < use?.processes[other.identity] ?? -1
        case .threads: threads < other.threads
        case .name: command < other.command
        case .pid: identity.process.rawValue < other.identity.process.rawValue
        }
    }
}

extension GroupMeasurement {
    fileprivate func precedes(_ other: Self, by order: ListOrder, use: ProcessorUse?) -> Bool {
        switch order {
        case .resident: resident.value ?? 0 < other.resident.value ?? 0
        case .anonymous: anonymous.value ?? 0 < other.anonymous.value ?? 0
        case .cpu: use?.groups[name] ?? -1 < use?.groups[other.name] ?? -1
        case .threads: threads.value ?? 0 < other.threads.value ?? 0
        case .name, .pid: name < other.name
        }
    }
}
