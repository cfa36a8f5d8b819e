import HTTPTypes
import Hummingbird

/// A method and a path, and what answers them.
struct APIRoute: Sendable {
    typealias Handler = @Sendable (Request, AgentRequestContext) async throws -> Response

    let method: HTTPRequest.Method
    /// As in OpenAPI: `{name}` stands for one component.
    let path: String
    let handler: Handler

    static func get(_ path: String, _ handler: @escaping Handler) -> APIRoute {
        APIRoute(method: .get, path: path, handler: handler)
    }

    static func post(_ path: String, _ handler: @escaping Handler) -> APIRoute {
        APIRoute(method: .post, path: path, handler: handler)
    }

    /// Whether a request's path is of this route, whatever its method.
    func matches(_ requested: String) -> Bool {
        let (own, other) = (path.split(separator: "/"), requested.split(separator: "/"))
        return own.count == other.count && zip(own, other).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

/// A route for its method, and for HEAD where it is GET.
struct KnownRoutes: RouterMiddleware {
    let routes: [APIRoute]

    /// Says of what no route takes whether the path or only the method is wrong.
    @concurrent func handle(
        _ request: Request, context: AgentRequestContext,
        next: @concurrent (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            let methods = routes.filter { $0.matches(request.uri.path) }.map(\.method)
            guard !methods.isEmpty else { throw APIError.notFound("there is no such route; / lists them") }
            let allowed = methods.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }.joined(separator: ", ")
            throw APIError(
                status: .methodNotAllowed, code: "method_not_allowed", message: "this route takes \(allowed)",
                headers: [.allow: allowed])
        }
    }
}
