import Alerting
import Foundation

/// Where to post to.
package struct DeliveryAddress: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case webhook
        case alertmanager
    }

    package let kind: Kind
    /// Without the user and the password.
    let url: String
    /// `Basic …`, from the user and the password in the address.
    let authorization: String?
    /// `webhook HOST:PORT`: without path and password, which may be secrets.
    package let name: String
    /// The same in every run for the same address and user; neither can be read from it, nor a secret in the path.
    let identifier: String

    /// An `http` or `https` address; for Alertmanager the base, to which the path of API v2 is added.
    package init(_ kind: Kind, _ text: String) throws(DeliveryAddressError) {
        guard var components = URLComponents(string: text), let scheme = components.scheme?.lowercased(),
            scheme == "http" || scheme == "https"
        else { throw .notHTTP(kind) }
        guard let host = components.host, !host.isEmpty else { throw .noHost(kind) }
        let user = components.user
        let password = components.password
        (components.user, components.password, components.fragment) = (nil, nil, nil)
        components.scheme = scheme
        if kind == .alertmanager {
            let base = components.path.hasSuffix("/") ? String(components.path.dropLast()) : components.path
            components.path = base + "/api/v2/alerts"
        }
        guard let url = components.string else { throw .notHTTP(kind) }
        self.kind = kind
        self.url = url
        authorization = user.map { user in
            "Basic " + Data("\(user):\(password ?? "")".utf8).base64EncodedString()
        }
        identifier = "\(kind.rawValue) \(user ?? "") \(url)".stableHash
        name = "\(kind.rawValue) \(host):\(components.port ?? (scheme == "https" ? 443 : 80))"
    }
}

/// Why an address can't be used; the address itself, which may hold a secret, isn't part of it.
package enum DeliveryAddressError: Error, Equatable, CustomStringConvertible {
    case notHTTP(DeliveryAddress.Kind)
    case noHost(DeliveryAddress.Kind)

    package var description: String {
        switch self {
        case .notHTTP(let kind):
            "an address for \(kind.rawValue) is not a URL that begins with http:// or https://: write it in full, as "
                + "in http://localhost:9093"
        case .noHost(let kind):
            "an address for \(kind.rawValue) names no host: write it in full, as in http://localhost:9093"
        }
    }
}
