import AgentState
import HTTPTypes
import Hummingbird
import Logging

extension AgentRoutes {
    /// Only for who is known: a configured user, a client with a verified certificate, or root and the agent's own user
    /// over a Unix socket.
    func reset(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        try rejectParameters(request)
        guard let user = await authorisedUser(context) else {
            throw APIError.forbidden(
                "only an authorised user may do this: configure users in the web configuration file, or ask over a "
                    + "unix: address as root or as the agent's user")
        }
        try await source.reset()
        context.logger.notice(
            "windows, verdicts and counters were reset", metadata: ["user": "\(user)", "client": "\(context.client)"])
        return try JSONBody.response(["status": "reset"])
    }

    /// Who asks, in words; `nil` for those who may not.
    private func authorisedUser(_ context: AgentRequestContext) async -> String? {
        if let user = context.user { return user }
        if case .unixDomainSocket = context.channel.localAddress {
            return await PeerUser.isTrusted(context.channel) ? "root or the agent's own" : nil
        }
        return await PeerCertificate.isVerified(context.channel) ? "a verified certificate's" : nil
    }
}
