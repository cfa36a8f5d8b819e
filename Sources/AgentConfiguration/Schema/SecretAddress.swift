internal import Foundation

/// What of an address may be shown.
enum SecretAddress {
    private static let mask = "***"

    /// Webhooks often have their secret in the path.
    static func withoutPath(_ address: String) -> String {
        guard let parts = URLComponents(string: address), let scheme = parts.scheme, let host = parts.encodedHost else {
            return mask
        }
        return "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")/\(mask)"
    }

    static func withoutCredentials(_ address: String) -> String {
        guard var parts = URLComponents(string: address) else { return mask }
        if parts.user != nil { parts.user = mask }
        if parts.password != nil { parts.password = nil }
        if parts.query != nil { parts.query = mask }
        return parts.string ?? mask
    }
}
