import AgentConfiguration
import Glibc

/// The host that a client believes to reach: a `Host` header field, RFC 9110, section 7.2.
///
/// A pure parser of bytes from the network: total, and linear in their number.
package struct RequestHost: Equatable, Sendable {
    package enum Name: Equatable, Sendable {
        /// An IPv4 or IPv6 address literal.
        case address
        /// In lower case, without a dot at the end.
        case name(String)
    }

    package let name: Name

    /// `NAME`, `IPV4` or `[IPV6]`, each with `:PORT` or without; `nil` for anything else.
    package init?(_ field: String) {
        let bytes = Array(field.utf8)
        guard (1...Self.maximumBytes).contains(bytes.count) else { return nil }
        let isBracketed = bytes[0] == UInt8(ascii: "[")
        guard let end = isBracketed ? bytes.firstIndex(of: UInt8(ascii: "]")) : Self.colon(in: bytes) else {
            return nil
        }
        let rest = isBracketed ? bytes[(end + 1)...] : bytes[end...]
        guard Self.isPort(rest) else { return nil }
        let host = String(decoding: isBracketed ? bytes[1..<end] : bytes[..<end], as: UTF8.self)
        if isBracketed {
            guard HostAndPort.isIPv6(host[...]) else { return nil }
            name = .address
        } else if HostAndPort.isIPv4(host[...]) {
            name = .address
        } else {
            guard host.utf8.allSatisfy(Self.isNameByte) else { return nil }
            let lower = host.lowercased()
            let plain = lower.hasSuffix(".") ? String(lower.dropLast()) : lower
            guard !plain.isEmpty else { return nil }
            name = .name(plain)
        }
    }

    /// A name of RFC 1035 has 253 bytes.
    private static let maximumBytes = 300

    /// The first colon, or the end.
    private static func colon(in bytes: [UInt8]) -> Int? { bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count }

    /// Nothing, or a colon and up to five digits; `Host: name:` without digits is valid.
    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return true }
        let digits = bytes.dropFirst()
        return first == UInt8(ascii: ":") && digits.count <= 5
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// The names under which the agent answers.
///
/// A web page can make its own name resolve to 127.0.0.1 (DNS rebinding), and then read what a browser gets from there.
/// The browser sends that name as `Host`, so that only names which the page's owner can't have are accepted.
struct AcceptedHosts: Sendable {
    private let names: Set<String>

    /// - Parameters:
    ///   - configured: `web.host_names`.
    ///   - addresses: where the agent listens; a name there is accepted.
    ///   - hostName: of this host; accepted with its domain and without.
    init(configured: [String], listening addresses: [ListenAddress], hostName: String?) {
        var names: Set = ["localhost"]
        names.formUnion(configured.map(Self.normalized))
        for case .host(let host, _) in addresses { names.insert(Self.normalized(host)) }
        if let hostName, !hostName.isEmpty {
            let name = Self.normalized(hostName)
            names.insert(name)
            if let label = name.split(separator: ".").first { names.insert(String(label)) }
        }
        self.names = names
    }

    /// - Parameter field: the `Host` field; a client that sends none, as HTTP/1.0 allows, is no browser.
    func accept(_ field: String?) -> Bool {
        guard let field else { return true }
        switch RequestHost(field)?.name {
        case .address: return true
        case .name(let name): return names.contains(name)
        case nil: return false
        }
    }

    private static func normalized(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }

    /// As the kernel has it.
    static var hostName: String? {
        var bytes = [CChar](repeating: 0, count: 256)
        // Safe: the call writes at most so many bytes, and the last one stays null.
        guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
