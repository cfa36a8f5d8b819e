package import AgentState
import HTTPTypes
import HostWatch
import Hummingbird
package import MetricFamilies
import NIOCore

extension AgentRoutes {
    /// The metrics; those that name processes by number are made for each request.
    func exposition(_ request: Request) async throws -> Response {
        let query = try QueryParameters(request.uri.query, allowed: ["leaking_processes"])
        let leaking = try query.number(
            "leaking_processes", in: 0...AgentState.maximumLeakingProcesses, standard: 0)
        let format = ExpositionFormat(accept: request.headers[.accept])
        guard leaking == 0 else {
            let body = ByteBuffer(bytes: metrics.exposition(try readyState(), format, leaking))
            return Response(
                status: .ok, headers: [.contentType: format.contentType], body: ResponseBody(byteBuffer: body))
        }
        return try await rendered(.exposition(format), for: request, type: format.contentType) { state, _ in
            ByteBuffer(bytes: metrics.exposition(state, format, 0))
        }
    }

    func summary(_ request: Request) async throws -> Response {
        try await overview(request, .summary) { state, _ in
            SummaryBody(timestamp: state.snapshot.time.wall, families: metrics.families(state))
        }
    }

    /// A route without parameters that answers from the state alone.
    func overview<Body: Encodable & SendableMetatype>(
        _ request: Request, _ content: RenderedBodies.Content,
        _ body: @escaping @Sendable (AgentState, ProcessorUse?) -> Body
    ) async throws -> Response {
        try rejectParameters(request)
        return try await rendered(content, for: request, type: JSONBody.contentType) { state, use in
            try JSONBody.bytes(of: body(state, use))
        }
    }

    private func rendered(
        _ content: RenderedBodies.Content, for request: Request, type: String,
        _ render: @escaping @Sendable (AgentState, ProcessorUse?) throws -> ByteBuffer
    ) async throws -> Response {
        let revision = source.revision
        let (state, use) = (try readyState(), source.processorUse)
        let body = try await bodies.body(
            content, of: revision, isCompressed: AcceptEncoding(request.headers[.acceptEncoding]).takesGzip
        ) { try render(state, use) }
        var headers: HTTPFields = [.contentType: type, .vary: content.varies]
        if body.isCompressed { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body.bytes))
    }
}

extension RenderedBodies.Content {
    /// The header fields of a request on which the form of the body depends.
    fileprivate var varies: String {
        if case .exposition = self { "Accept, Accept-Encoding" } else { "Accept-Encoding" }
    }
}

/// How a state becomes metrics; the server only sends them.
package struct MetricsPresentation: Sendable {
    /// Text, with so many of the processes that leak most by number.
    package typealias Exposition =
        @Sendable (AgentState, _ format: ExpositionFormat, _ leakingProcesses: Int) -> [UInt8]

    package let exposition: Exposition
    package let families: @Sendable (AgentState) -> [MetricFamily]

    package init(exposition: @escaping Exposition, families: @escaping @Sendable (AgentState) -> [MetricFamily]) {
        self.exposition = exposition
        self.families = families
    }
}
