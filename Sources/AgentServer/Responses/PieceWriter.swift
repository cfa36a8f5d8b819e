import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

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
