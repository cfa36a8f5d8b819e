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
