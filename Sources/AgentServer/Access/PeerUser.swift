import Glibc
import NIOCore

/// The user at the other end of a Unix socket.
enum PeerUser {
    /// Of `SO_PEERCRED`, unix(7).
    private struct Credentials: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    /// Whether it is root or the user as whom the agent runs; false for other connections.
    static func isTrusted(_ channel: any Channel) async -> Bool {
        guard case .unixDomainSocket = channel.localAddress, let socket = channel as? any SocketOptionProvider else {
            return false
        }
        // Credentials has the layout of `struct ucred`, three numbers of 32 bits.
        let credentials: EventLoopFuture<Credentials> = socket.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        guard let user = try? await credentials.get().user else { return false }
        return user == 0 || user == geteuid()
    }
}
