import NIOCore
import NIOSSL

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
