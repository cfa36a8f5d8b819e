import Foundation
import HTTPTypes
import Hummingbird

/// Lets only configured users in, where there are any.
struct Authentication: RouterMiddleware {
    private let access: WebAccess
    private let passwords = PasswordCheck()
    /// Wrong passwords, by client.
    private let failures = RequestRate(perSecond: 1, burst: 10)

    init(access: WebAccess) { self.access = access }

    @concurrent func handle(
        _ request: Request, context: AgentRequestContext,
        next: @concurrent (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        // For each request: a connection may be kept for longer than a password is right.
        await access.refresh(logger: context.logger)
        let users = access.users
        guard !users.isEmpty else { return try await next(request, context) }
        guard let credentials = request.headers[.authorization].flatMap(BasicCredentials.init) else {
            throw Self.unauthorized("user and password are needed")
        }
        if !passwords.remembers(user: credentials.user, password: credentials.password, users: users) {
            try await verify(credentials, of: context.client, users: users)
        }
        var context = context
        context.user = credentials.user
        return try await next(request, context)
    }

    private func verify(
        _ credentials: BasicCredentials, of client: String, users: [String: String]
    ) async throws {
        guard failures.has(client) else {
            throw APIError.tooManyRequests("too many wrong passwords from this address")
        }
        let isRight = try await passwords.isRight(
            user: credentials.user, password: credentials.password, users: users)
        guard isRight else {
            _ = failures.takes(client)
            throw Self.unauthorized("user or password is wrong")
        }
    }

    private static func unauthorized(_ message: String) -> APIError {
        APIError(
            status: .unauthorized, code: "unauthorized", message: message,
            headers: [.wwwAuthenticate: #"Basic realm="sonde", charset="UTF-8""#])
    }
}

/// A user and password of an `Authorization` header: RFC 7617.
struct BasicCredentials {
    let user: String
    let password: String

    /// `nil` when it is of another scheme or malformed.
    init?(header: String) {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let bytes = Data(base64Encoded: String(parts[1])), let text = String(bytes: bytes, encoding: .utf8),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        user = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
    }
}
