import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Of bodies that are made for one request: compresses them for who wants it, and bounds what clients leave unread.
struct SingleBodies: RouterMiddleware {
    private let unread: UnreadBodies
    /// One at a time, so that compressing never takes more than one CPU; who comes meanwhile gets a body as it is.
    private let compressing = ConcurrencyLimit(maximum: 1)

    init(_ limits: ServerLimits) { unread = UnreadBodies(maximum: limits.unread) }

    @concurrent func handle(
        _ request: Request, context: AgentRequestContext,
        next: @concurrent (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        // A shared body has been compressed, and names what that depends on.
        guard response.status == .ok, response.headers[.vary] == nil,
            response.body.contentLength ?? 0 >= BodyCompression.minimumBytes
        else { return response }
        var headers = response.headers
        headers[.vary] = "Accept-Encoding"
        headers[.contentLength] = nil
        var body = try await response.body.collected()
        if AcceptEncoding(request.headers[.acceptEncoding]).takesGzip,
            let compressed = try? await compressing.run({ BodyCompression.compressed(body) })
        {
            headers[.contentEncoding] = "gzip"
            body = compressed
        }
        return Response(status: .ok, headers: headers, body: try held(body))
    }

    /// The body, which counts as unread until it is taken.
    private func held(_ body: ByteBuffer) throws -> ResponseBody {
        // What is sent in one piece, a connection has room for.
        guard body.readableBytes > PieceWriter.maximumBytes else { return ResponseBody(byteBuffer: body) }
        guard let share = unread.share(body.readableBytes) else {
            throw APIError.unavailable("busy", "too many responses are not taken by their clients", retryAfter: 1)
        }
        return ResponseBody(contentLength: body.readableBytes) { writer in
            try await writer.write(body)
            try await writer.finish(nil)
            withExtendedLifetime(share) {}
        }
    }
}

extension ResponseBody {
    fileprivate func collected() async throws -> ByteBuffer {
        let collector = Collector()
        try await write(collector)
        return collector.bytes
    }
}

/// Keeps what a response would send.
private final class Collector: ResponseBodyWriter {
    private(set) var bytes = ByteBuffer()

    func write(_ buffer: ByteBuffer) async throws {
        if bytes.readableBytes == 0 { bytes = buffer } else { bytes.writeImmutableBuffer(buffer) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// The memory of bodies that clients have not taken yet: together they have so many bytes at most.
final class UnreadBodies: Sendable {
    /// Counts until it goes.
    final class Share: Sendable {
        private let bodies: UnreadBodies
        private let bytes: Int

        fileprivate init(_ bodies: UnreadBodies, _ bytes: Int) { (self.bodies, self.bytes) = (bodies, bytes) }

        deinit { bodies.used.withLock { $0 -= bytes } }
    }

    private let maximum: Int
    private let used = Mutex(0)

    init(maximum: Int) { self.maximum = maximum }

    /// `nil` when there are too many; a body that is alone may have any size.
    func share(_ bytes: Int) -> Share? {
        let fits = used.withLock { used in
            guard used == 0 || bytes <= maximum - used else { return false }
            used += bytes
            return true
        }
        return fits ? Share(self, bytes) : nil
    }
}
