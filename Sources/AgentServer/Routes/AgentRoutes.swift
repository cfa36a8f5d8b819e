import AgentState
import Foundation
import HTTPTypes
import HostWatch
import Hummingbird
import Logging
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
        if let age = source.secondsSinceCollection, age > state.stallLimit {
            throw APIError.stalled(secondsSinceCollection: age)
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

extension AgentRoutes {
    /// Only for who is known: a configured user, a client with a verified certificate, or root and the agent's own user
    /// over a Unix socket.
    func reset(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        try rejectParameters(request)
        guard let user = await authorisedUser(context) else {
            throw APIError.forbidden(
                "only an authorised user may do this: configure users in the web configuration file, or ask over a "
                    + "unix: address as root or as the agent's user")
        }
        try await source.reset()
        context.logger.notice(
            "windows, verdicts and counters were reset", metadata: ["user": "\(user)", "client": "\(context.client)"])
        return try JSONBody.response(["status": "reset"])
    }

    /// Who asks, in words; `nil` for those who may not.
    private func authorisedUser(_ context: AgentRequestContext) async -> String? {
        if let user = context.user { return user }
        if case .unixDomainSocket = context.channel.localAddress {
            return await PeerUser.isTrusted(context.channel) ? "root or the agent's own" : nil
        }
        return await PeerCertificate.isVerified(context.channel) ? "a verified certificate's" : nil
    }
}
