import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes

/// Answers requests: the layers around the routes, and the router.
struct WebResponder: Sendable {
    private let router: RouterResponder<AgentRequestContext>
    private let logger: Logger

    init(routes: [APIRoute], limits: ServerLimits, hosts: AcceptedHosts, access: WebAccess, logger: Logger) {
        let router = Router(context: AgentRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ResponseCompletion(access: access, failures: FailureLog()))
        router.add(middleware: RequestLimits(limits))
        router.add(middleware: BrowserProtection(hosts: hosts))
        router.add(middleware: Authentication(access: access))
        router.add(middleware: SingleBodies(limits))
        router.add(middleware: KnownRoutes(routes: routes))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { try await route.handler($0, $1) }
        }
        self.router = router.buildResponder()
        self.logger = logger
    }

    @concurrent func respond(
        to request: Request, through writer: consuming ResponseWriter, of channel: any Channel
    ) async throws {
        let context = AgentRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        let response = try await router.respond(to: request, context: context)
        if response.body.contentLength ?? .max > PieceWriter.maximumBytes {
            try await response.body.write(PieceWriter(response.head, to: channel))
        } else {
            try await writer.write(response: response.head, body: response.body)
        }
    }
}

/// Sends a response whose body is large in pieces, each once the kernel has taken the one before: else all of it would
/// wait in memory, encrypted even for each client.
struct PieceWriter: ResponseBodyWriter {
    static let maximumBytes = 32 * 1024

    private let channel: any Channel

    /// Begins a response.
    init(_ head: HTTPResponse, to channel: any Channel) {
        self.channel = channel
        channel.write(HTTPResponsePart.head(head), promise: nil)
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readSlice(length: min(rest.readableBytes, Self.maximumBytes)), piece.readableBytes > 0 {
            try await channel.writeAndFlush(HTTPResponsePart.body(piece)).get()
        }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await channel.writeAndFlush(HTTPResponsePart.end(trailingHeaders)).get()
    }
}
