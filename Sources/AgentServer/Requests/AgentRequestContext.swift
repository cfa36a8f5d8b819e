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
