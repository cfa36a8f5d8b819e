import Foundation
import NIOCore
import NIOSSL

/// TLS as one version of the files has it.
struct TLSService: Sendable {
    private let context: NIOSSLContext
    /// Whether clients' certificates are accepted without a check of their signature.
    private let acceptsAnyCertificate: Bool
    /// Whether clients that show a certificate which the authority didn't sign are refused.
    let verifiesCertificates: Bool

    /// Reads the files; the error names the one that is wrong.
    init(_ settings: WebConfiguration.TLS, file: String) throws(WebConfigurationError) {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try Self.certificates(settings.certificate, of: file).map { .certificate($0) },
            privateKey: .privateKey(try Self.key(settings.key, of: file)))
        configuration.minimumTLSVersion = settings.minimumVersion
        configuration.maximumTLSVersion = settings.maximumVersion
        configuration.applicationProtocols = ["http/1.1"]
        // For the peer's close_notify; a server that stops doesn't wait longer.
        configuration.shutdownTimeout = .milliseconds(200)
        if !settings.ciphers.isEmpty { configuration.cipherSuiteValues = settings.ciphers }
        if !settings.curves.isEmpty { configuration.curves = settings.curves }
        switch settings.clientCertificate {
        case .none: configuration.certificateVerification = .none
        case .request, .verifyIfGiven: configuration.certificateVerification = .optionalVerification
        case .requireAny, .requireAndVerify: configuration.certificateVerification = .noHostnameVerification
        }
        if let authority = settings.clientAuthority {
            configuration.trustRoots = .certificates(try Self.certificates(authority, of: file))
        } else {
            configuration.trustRoots = .certificates([])
        }
        acceptsAnyCertificate = settings.clientCertificate == .request || settings.clientCertificate == .requireAny
        verifiesCertificates =
            settings.clientCertificate == .verifyIfGiven || settings.clientCertificate == .requireAndVerify
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw WebConfigurationError(
                file: file, line: nil, reason: "the certificate and the key can't be used together: \(error)")
        }
    }

    func makeHandler() -> NIOSSLServerHandler {
        guard acceptsAnyCertificate else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(
            context: context, customVerificationCallback: { $1.succeed(.certificateVerified) }, configuration: .init())
    }

    private static func certificates(
        _ source: WebConfiguration.TLS.Source, of file: String
    ) throws(WebConfigurationError) -> [NIOSSLCertificate] {
        try read(source, of: file, as: "certificate") { try NIOSSLCertificate.fromPEMBytes($0) }
    }

    private static func key(
        _ source: WebConfiguration.TLS.Source, of file: String
    ) throws(WebConfigurationError) -> NIOSSLPrivateKey {
        try read(source, of: file, as: "private key") { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
    }

    private static func read<Value>(
        _ source: WebConfiguration.TLS.Source, of file: String, as kind: String, _ parse: ([UInt8]) throws -> Value
    ) throws(WebConfigurationError) -> Value {
        let place =
            switch source {
            case .inline: file
            case .file(let path): path
            }
        do {
            switch source {
            case .inline(let text): return try parse(Array(text.utf8))
            case .file(let path): return try parse(Array(Data(contentsOf: URL(filePath: path))))
            }
        } catch let error as NIOSSLError {
            throw WebConfigurationError(file: place, line: nil, reason: "this is not a \(kind) in PEM format: \(error)")
        } catch {
            throw WebConfigurationError(
                file: place, line: nil, reason: "the \(kind) can't be read: \(error.localizedDescription)")
        }
    }
}
