import AgentState
import Foundation
import HTTPTypes
import HostWatch
import Hummingbird
import NIOCore

/// The routes, and what they answer from the agent's state.
struct AgentRoutes: Sendable {
    let source: any AgentSource
    let metrics: MetricsPresentation
    let access: WebAccess
    let bodies = RenderedBodies()

    var all: [APIRoute] {
        [
            .get("/") { request, _ in try page(request) },
            .get("/healthz") { request, _ in try health(request) },
            .get("/readyz") { request, _ in try readiness(request) },
            .get("/metrics") { request, _ in try await exposition(request) },
            .get("/metrics/summary") { request, _ in try await summary(request) },
            .get("/api/v1/metrics") { request, _ in
                try await overview(request, .overview) { MetricsBody($0, use: $1) }
            },
            .get("/api/v1/metrics/report") { request, _ in
                try await overview(request, .report) { ReportBody($0, use: $1) }
            },
            .get("/api/v1/metrics/dashboard") { request, _ in
                try await overview(request, .dashboard) { DashboardBody($0, use: $1) }
            },
            .post("/api/v1/metrics/reset") { request, context in try await reset(request, context) },
            .get("/api/v1/processes") { request, _ in try processes(request) },
            .get("/api/v1/processes/{pid}") { request, context in try process(request, context) },
            .get("/api/v1/groups") { request, _ in try groups(request) },
            .get("/api/v1/groups/{group}/memory") { request, context in try await memory(request, context) },
            .get("/api/v1/alerts") { request, _ in try await alerts(request) },
            .get("/api/v1/openapi.yaml") { request, _ in try description(request) },
        ]
    }

    func readyState() throws -> AgentState {
        guard let state = source.state else { throw APIError.notReady }
        return state
    }

    /// For a route without parameters.
    func rejectParameters(_ request: Request) throws { _ = try QueryParameters(request.uri.query, allowed: []) }

    /// A component of the path, decoded.
    func parameter(_ name: String, of context: AgentRequestContext) throws -> String {
        guard let text = context.parameters.get(name)?.removingPercentEncoding else {
            throw APIError.badRequest("invalid_path", "the path is not percent-encoded UTF-8")
        }
        return text
    }

    private func health(_ request: Request) throws -> Response {
        try rejectParameters(request)
        return try JSONBody.response(["status": "alive"])
    }

    private func readiness(_ request: Request) throws -> Response {
        try rejectParameters(request)
        let state = try readyState()
        if let age = source.secondsSinceLook, age > state.patience {
            throw APIError.stalled(secondsSinceLook: age)
        }
        return try JSONBody.response(["status": "ready"])
    }

    private func page(_ request: Request) throws -> Response {
        try rejectParameters(request)
        return Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: LandingPage.html)))
    }

    private func description(_ request: Request) throws -> Response {
        try rejectParameters(request)
        return Response(
            status: .ok, headers: [.contentType: "application/yaml"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_yaml)))
    }
}
