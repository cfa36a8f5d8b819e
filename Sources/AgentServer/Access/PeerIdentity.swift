import Glibc
import NIOCore
import NIOSSL

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

/// The certificate of the client at the other end of a TLS connection.
enum PeerCertificate {
    /// Adds TLS to a connection, and keeps with it whether a certificate that the client shows is verified.
    static func add(_ tls: TLSService, to pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandler(tls.makeHandler(), name: tls.verifiesCertificates ? verifyingHandler : nil)
    }

    /// Whether the client has shown one that the authority signed, as the files were when it connected.
    static func isVerified(_ channel: any Channel) async -> Bool {
        let certificate = channel.pipeline.containsHandler(name: verifyingHandler).flatMap {
            channel.nioSSL_peerCertificate()
        }
        return (try? await certificate.get()) ?? nil != nil
    }

    private static let verifyingHandler = "sonde.tls.verifying"
}
