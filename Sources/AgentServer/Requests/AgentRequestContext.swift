import HTTPTypes
import Hummingbird
import NIOCore

/// What is known of a request beside its head and body.
struct AgentRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Who made the request, where users are configured.
    var user: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Whom requests are counted for.
    var client: String { ClientAddress(channel.remoteAddress).description }

    /// Whether the request came through a Unix socket.
    var isLocalSocket: Bool { if case .unixDomainSocket = channel.localAddress { true } else { false } }
}

/// The identifier that a request and its response carry.
enum RequestIdentity {
    static let field = HTTPField.Name("X-Request-ID")

    /// The client's own one if it is harmless, else a new one.
    static func identifier(for request: Request) -> String {
        guard let field, let given = request.headers[field], isHarmless(given) else { return new() }
        return given
    }

    /// Letters, digits and `-_.:/+=@`, 1 to 128 of them.
    static func isHarmless(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { safeBytes.contains($0) }
    }

    private static let safeBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=@".utf8)

    /// 128 random bits in hexadecimal.
    private static func new() -> String {
        [UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max)].map { number in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
