/// How the agent is reached.
package struct WebSettings: Equatable, Sendable {
    /// `HOST:PORT`, `:PORT` (all addresses), `[IPv6]:PORT` or `unix:PATH`.
    package var listenAddresses = ["127.0.0.1:9797"]
    /// The exporter-toolkit's web configuration file: TLS and basic authentication.
    package var configurationFile: String?
    /// Names beside the host's own under which clients reach the agent; a request for another name is refused.
    package var hostNames: [String] = []
    /// Open connections from one address, of at most 256 of a listener.
    package var maximumConnectionsPerAddress = 64
    /// Bytes of a request's body.
    package var maximumBody = 64 * 1024
    /// Requests that are answered at a time; more get 503.
    package var maximumRequests = 64
    /// Requests a second from one address, 0 for no limit; more get 429.
    package var requestRate: Double = 100
    /// Seconds that a client has for its request.
    package var requestTimeout: Double = 10

    package init() {}
}
