import HTTPTypes
import Hummingbird
import NIOCore

/// Refuses what a page of another site makes a browser send: requests under a name that isn't the agent's (DNS
/// rebinding), and requests that change something (cross-site request forgery).
struct BrowserProtection: RouterMiddleware {
    let hosts: AcceptedHosts

    /// A page of another site can't set it: the browser would first ask for permission (Fetch standard,
    /// "CORS-preflight fetch"), which the agent never gives.
    static let requestField = HTTPField.Name("X-Sonde-Request")
    private static let hostField = HTTPField.Name("Host")
    private static let fetchSiteField = HTTPField.Name("Sec-Fetch-Site")

    @concurrent func handle(
        _ request: Request, context: AgentRequestContext,
        next: @concurrent (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        // No browser opens a Unix socket; a proxy in front of it has names of its own.
        if !context.isLocalSocket { try checkHost(of: request) }
        switch request.method {
        case .get, .head, .options: break
        default: try checkOrigin(of: request)
        }
        return try await next(request, context)
    }

    private func checkHost(of request: Request) throws {
        // The first one is the authority; a second one may be the one that a proxy before the agent has checked.
        if let name = Self.hostField, request.headers[name] != nil {
            throw APIError.badRequest("invalid_host", "a request can't have more than one Host field")
        }
        guard hosts.accept(request.head.authority) else {
            throw APIError(
                status: .misdirectedRequest, code: "unknown_host",
                message: "the agent does not answer under the name in the Host field: use an IP address or localhost, "
                    + "or add the name to web.host_names in the agent's configuration")
        }
    }

    /// A browser sends `Origin` with each request that a page makes with a method other than GET and HEAD; browsers
    /// before 2020 left it out for forms, which have a content type.
    private func checkOrigin(of request: Request) throws {
        let headers = request.headers
        let site = Self.fetchSiteField.flatMap { headers[$0] }
        let isForeign = headers[.origin].map { !Self.isOrigin($0, of: request.head.authority) } ?? false
        guard !isForeign, site == nil || site == "same-origin" || site == "none" else {
            throw APIError(
                status: .forbidden, code: "foreign_origin", message: "a page of another site can't change anything here"
            )
        }
        let mayBeBrowser =
            headers[.origin] != nil || site != nil || headers[.referer] != nil || headers[.cookie] != nil
            || headers[.contentType] != nil
        guard !mayBeBrowser || Self.requestField.flatMap({ headers[$0] }) != nil else {
            throw APIError(
                status: .forbidden, code: "missing_request_header",
                message: "a browser, or a request with a body, has to send the header field X-Sonde-Request to change "
                    + "something: add \"X-Sonde-Request: 1\"")
        }
    }

    /// Whether an origin such as `https://db1:9797` names the host and port of the request.
    ///
    /// The scheme isn't compared: a proxy may add TLS. `null`, the origin of a sandboxed page, equals no host.
    static func isOrigin(_ origin: String, of authority: String?) -> Bool {
        guard let authority, let separator = origin.firstRange(of: "://") else { return false }
        let scheme = origin[..<separator.lowerBound].lowercased()
        return (scheme == "http" || scheme == "https")
            && origin[separator.upperBound...].lowercased() == authority.lowercased()
    }
}
