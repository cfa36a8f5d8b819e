import AgentConfiguration
import Foundation
import NIOSSL

/// Parses a web configuration file, strictly: a key that is not known is an error with its line.
struct WebConfigurationFile {
    /// For messages; relative paths inside begin at its directory.
    let path: String

    /// No more is read of a configuration file.
    static let maximumBytes = YamlDocument.largestSize

    func parse(_ text: String) throws(WebConfigurationError) -> WebConfiguration {
        var configuration = WebConfiguration()
        guard let root = try root(of: text), !isEmpty(root) else { return configuration }
        let sections = try fields(
            of: root, named: "the file", known: ["tls_server_config", "http_server_config", "basic_auth_users"])
        configuration.tls = try sections["tls_server_config"].flatMap { node throws(WebConfigurationError) in
            try isEmpty(node) ? nil : tls(node)
        }
        if let node = sections["http_server_config"], !isEmpty(node) { configuration.headers = try headers(node) }
        if let node = sections["basic_auth_users"], !isEmpty(node) { configuration.users = try users(node) }
        return configuration
    }

    private func root(of text: String) throws(WebConfigurationError) -> YamlNode? {
        do throws(YamlProblem) {
            let document = try YamlDocument(parsing: Array(text.utf8))
            if let problem = document.problems.first { throw problem }
            return document.root
        } catch {
            throw WebConfigurationError(file: path, line: error.position?.line, reason: error.cause)
        }
    }

    private func tls(_ node: YamlNode) throws(WebConfigurationError) -> WebConfiguration.TLS {
        let fields = try fields(of: node, named: "tls_server_config", known: Self.tlsKeys)
        guard let certificate = try source(fields, inline: "cert", file: "cert_file") else {
            throw error(node, "tls_server_config needs cert_file")
        }
        guard let key = try source(fields, inline: "key", file: "key_file") else {
            throw error(node, "tls_server_config needs key_file")
        }
        var tls = WebConfiguration.TLS(certificate: certificate, key: key)
        tls.clientAuthority = try source(fields, inline: "client_ca", file: "client_ca_file")
        if let node = fields["client_auth_type"] { tls.clientCertificate = try clientCertificate(node) }
        try checkClientAuthority(of: tls, at: fields["client_auth_type"] ?? node)
        if let node = fields["min_version"] { tls.minimumVersion = try word(node, in: Self.versions) }
        if let node = fields["max_version"] { tls.maximumVersion = try word(node, in: Self.versions) }
        if let node = fields["cipher_suites"] { tls.ciphers = try words(node, in: Self.ciphers) }
        if let node = fields["curve_preferences"] { tls.curves = try words(node, in: Self.curves) }
        if let node = fields["prefer_server_cipher_suites"] { try checkBoolean(node) }
        return tls
    }

    private func clientCertificate(
        _ node: YamlNode
    ) throws(WebConfigurationError) -> WebConfiguration.TLS.ClientCertificate {
        let text = try string(node)
        // The toolkit's older spelling.
        if text == "RequireClientCert" { return .requireAny }
        if text.isEmpty { return .none }
        let known = WebConfiguration.TLS.ClientCertificate.allCases
        return try word(node, in: Dictionary(uniqueKeysWithValues: known.map { ($0.rawValue, $0) }))
    }

    private func checkClientAuthority(
        of tls: WebConfiguration.TLS, at node: YamlNode
    ) throws(WebConfigurationError) {
        switch tls.clientCertificate {
        case .verifyIfGiven, .requireAndVerify:
            if tls.clientAuthority == nil {
                throw error(node, "\(tls.clientCertificate.rawValue) needs client_ca_file")
            }
        case .none:
            if tls.clientAuthority != nil { throw error(node, "client_ca_file needs a client_auth_type") }
        case .request, .requireAny: break
        }
    }

    private func headers(_ node: YamlNode) throws(WebConfigurationError) -> [String: String] {
        let section = try fields(of: node, named: "http_server_config", known: ["http2", "headers"])
        if let node = section["http2"] { try checkBoolean(node) }
        guard let node = section["headers"], !isEmpty(node) else { return [:] }
        var headers: [String: String] = [:]
        for (name, node) in try fields(of: node, named: "headers", known: Array(Self.headerValues.keys)) {
            let value = try string(node)
            let accepted = Self.headerValues[name] ?? []
            guard value.isEmpty || accepted.isEmpty || accepted.contains(value.lowercased()) else {
                throw error(node, "\(name) has to be \(accepted.joined(separator: " or "))")
            }
            guard value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
                throw error(node, "\(name) has to be printable ASCII")
            }
            if !value.isEmpty { headers[name] = value }
        }
        return headers
    }

    private func users(_ node: YamlNode) throws(WebConfigurationError) -> [String: String] {
        var users: [String: String] = [:]
        for (user, node) in try fields(of: node, named: "basic_auth_users", known: nil) {
            let hash = try string(node)
            guard hash.wholeMatch(of: /\$2[abxy]\$(0[4-9]|[12][0-9]|3[01])\$[.\/A-Za-z0-9]{53}/) != nil else {
                throw error(node, "the password of \(user) is not a bcrypt hash: `htpasswd -nBC 10 NAME` makes one")
            }
            guard !user.isEmpty, !user.contains(":") else {
                throw error(node, "a user's name can't be empty or have a colon")
            }
            users[user] = hash
        }
        return users
    }
}

extension WebConfigurationFile {
    /// The values of a mapping by key; `known` is nil when any key goes.
    private func fields(
        of node: YamlNode, named name: String, known: [String]?
    ) throws(WebConfigurationError) -> [String: YamlNode] {
        guard case .mapping(let entries) = node.content else { throw error(node, "\(name) has to be a mapping") }
        var fields: [String: YamlNode] = [:]
        for entry in entries {
            if let known, !known.contains(entry.key) {
                throw error(
                    at: entry.position,
                    "\(entry.key) is not known here; known are \(known.sorted().joined(separator: ", "))")
            }
            guard fields.updateValue(entry.value, forKey: entry.key) == nil else {
                throw error(at: entry.position, "\(entry.key) is given twice")
            }
        }
        return fields
    }

    private func source(
        _ fields: [String: YamlNode], inline: String, file: String
    ) throws(WebConfigurationError) -> WebConfiguration.TLS.Source? {
        let text = try fields[inline].map { node throws(WebConfigurationError) in try string(node) } ?? ""
        let name = try fields[file].map { node throws(WebConfigurationError) in try string(node) } ?? ""
        if let node = fields[file], !text.isEmpty, !name.isEmpty {
            throw error(node, "\(inline) and \(file) can't both be given")
        }
        if !text.isEmpty { return .inline(text) }
        guard !name.isEmpty else { return nil }
        let directory = URL(filePath: path).deletingLastPathComponent()
        return .file(name.hasPrefix("/") ? name : directory.appending(path: name).path)
    }

    private func string(_ node: YamlNode) throws(WebConfigurationError) -> String {
        switch node.content {
        case .scalar(let text): return text
        case .nothing: return ""
        case .sequence, .mapping: throw error(node, "text is expected here")
        }
    }

    private func word<Value>(_ node: YamlNode, in known: [String: Value]) throws(WebConfigurationError) -> Value {
        let text = try string(node)
        guard let value = known[text] else {
            throw error(node, "\"\(text)\" is not known; known are \(known.keys.sorted().joined(separator: ", "))")
        }
        return value
    }

    private func words<Value>(_ node: YamlNode, in known: [String: Value]) throws(WebConfigurationError) -> [Value] {
        if isEmpty(node) { return [] }
        guard case .sequence(let sequence) = node.content else { throw error(node, "a list is expected here") }
        var values: [Value] = []
        for node in sequence { values.append(try word(node, in: known)) }
        return values
    }

    private func checkBoolean(_ node: YamlNode) throws(WebConfigurationError) {
        let isBoolean =
            if case .scalar(let text) = node.content { Self.booleans.contains(text.lowercased()) } else { false }
        guard isBoolean else { throw error(node, "true or false is expected here") }
    }

    private func isEmpty(_ node: YamlNode) -> Bool { if case .nothing = node.content { true } else { false } }

    private func error(_ node: YamlNode, _ reason: String) -> WebConfigurationError {
        error(at: node.position, reason)
    }

    private func error(at position: TextPosition, _ reason: String) -> WebConfigurationError {
        WebConfigurationError(file: path, line: position.line, reason: reason)
    }
}

extension WebConfigurationFile {
    fileprivate static let booleans: Set<String> = ["true", "false", "yes", "no", "on", "off"]

    fileprivate static let tlsKeys = [
        "cert", "key", "client_ca", "cert_file", "key_file", "client_auth_type", "client_ca_file", "min_version",
        "max_version", "cipher_suites", "prefer_server_cipher_suites", "curve_preferences",
    ]

    fileprivate static let versions: [String: TLSVersion] = [
        "TLS10": .tlsv1, "TLS11": .tlsv11, "TLS12": .tlsv12, "TLS13": .tlsv13,
    ]

    /// By the names of Go's crypto/tls, whose choice of TLS 1.3's suites can't be changed there either.
    fileprivate static let ciphers: [String: NIOTLSCipher] = [
        "TLS_AES_128_GCM_SHA256": .TLS_AES_128_GCM_SHA256,
        "TLS_AES_256_GCM_SHA384": .TLS_AES_256_GCM_SHA384,
        "TLS_CHACHA20_POLY1305_SHA256": .TLS_CHACHA20_POLY1305_SHA256,
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    fileprivate static let curves: [String: NIOTLSCurve] = [
        "CurveP256": .secp256r1, "CurveP384": .secp384r1, "CurveP521": .secp521r1, "X25519": .x25519,
        "X25519MLKEM768": .x25519_MLKEM768,
    ]

    /// The fields that may be set, and their values, where only some are accepted.
    fileprivate static let headerValues: [String: [String]] = [
        "Content-Security-Policy": [], "X-Frame-Options": ["deny", "sameorigin"],
        "X-Content-Type-Options": ["nosniff"], "X-XSS-Protection": [], "Strict-Transport-Security": [],
    ]
}
