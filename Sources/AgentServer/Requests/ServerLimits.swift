package import AgentConfiguration

/// What a client may ask for before it is refused.
package struct ServerLimits: Sendable {
    /// Connections at a time; more wait in the kernel's queue until one closes.
    package var connections = 256
    /// Connections that wait; of more the kernel drops the requests to connect, and clients repeat them.
    package var backlog = 1024
    /// Bytes of a request's path and query.
    package var target = 4 * 1024
    /// Bytes of all fields of a request's head.
    package var head = 16 * 1024
    package var fields = 100
    package var body: Int
    package var requests: Int
    /// Requests a second from one address, 0 for no limit.
    package var rate: Double
    /// Seconds for a request to come, for a response to be taken, and for a connection to stay idle.
    package var seconds: Double
    /// Seconds after which a server that stops closes what is still open.
    package var grace = 0.5

    package init(_ settings: WebSettings) {
        body = settings.maximumBody
        requests = settings.maximumRequests
        rate = settings.requestRate
        seconds = settings.requestTimeout
    }
}
