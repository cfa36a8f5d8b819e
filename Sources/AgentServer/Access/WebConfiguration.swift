package import NIOSSL

/// The exporter-toolkit's web configuration file, as far as Sonde follows it.
///
/// prometheus/exporter-toolkit, docs/web-configuration.md. Of its keys `client_allowed_sans` and `rate_limit` are refused;
/// `http2` and `prefer_server_cipher_suites` are accepted without effect: the server speaks HTTP/1.1, and Go has ignored
/// the latter since 1.17 too.
package struct WebConfiguration: Sendable {
    package struct TLS: Sendable {
        /// A PEM text in the file, or the path of one.
        package enum Source: Equatable, Sendable {
            case inline(String)
            case file(String)
        }

        package enum ClientCertificate: String, CaseIterable, Sendable {
            case none = "NoClientCert"
            case request = "RequestClientCert"
            case requireAny = "RequireAnyClientCert"
            case verifyIfGiven = "VerifyClientCertIfGiven"
            case requireAndVerify = "RequireAndVerifyClientCert"
        }

        package var certificate: Source
        package var key: Source
        package var clientCertificate = ClientCertificate.none
        package var clientAuthority: Source?
        package var minimumVersion = TLSVersion.tlsv12
        package var maximumVersion = TLSVersion.tlsv13
        /// Empty: the library's own choice.
        package var ciphers: [NIOTLSCipher] = []
        package var curves: [NIOTLSCurve] = []
    }

    package var tls: TLS?
    /// Passwords' bcrypt hashes by user; empty for no authentication.
    package var users: [String: String] = [:]
    /// Header fields of every response.
    package var headers: [String: String] = [:]

    package init() {}
}

/// Why a web configuration file is refused.
package struct WebConfigurationError: Error, Equatable, CustomStringConvertible {
    package let file: String
    /// Counted from 1.
    package let line: Int?
    package let reason: String

    package var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}

/// What keeps strangers out, by the key of the web configuration file that asks for it.
package enum AccessProtection: String, CaseIterable, Sendable {
    case users = "basic_auth_users"
    case tls = "tls_server_config"
    /// Without a certificate a client gets no connection.
    case clientCertificates = "client_auth_type"
}

extension WebConfiguration {
    func has(_ protection: AccessProtection) -> Bool {
        switch protection {
        case .users: !users.isEmpty
        case .tls: tls != nil
        case .clientCertificates:
            tls?.clientCertificate == .requireAny || tls?.clientCertificate == .requireAndVerify
        }
    }
}
