internal import Foundation
internal import Glibc

extension ValueFormat<String> {
    /// Where to listen.
    static let listenAddress = ValueFormat("HOST:PORT, :PORT, [IPV6]:PORT or unix:/PATH") { text in
        if let path = text.dropPrefix("unix:") {
            // sun_path of unix(7) has 108 bytes, with the null at its end.
            return path.hasPrefix("/") && path.utf8.count < 108 && !path.contains("\0") ? text : nil
        }
        guard let (host, port) = HostAndPort.split(text), port != nil else { return nil }
        if host.hasPrefix("[") { return HostAndPort.isIPv6(host.dropFirst().dropLast()) ? text : nil }
        return host.isEmpty || HostAndPort.isName(host) ? text : nil
    }

    /// The other end of connections, as the kernel shows it.
    static let endpoint = ValueFormat("ADDRESS:PORT with a number address, or [ADDRESS]:PORT for IPv6") { text in
        guard let (host, port) = HostAndPort.split(text), let port, port > 0 else { return nil }
        if host.hasPrefix("[") { return HostAndPort.isIPv6(host.dropFirst().dropLast()) ? text : nil }
        return HostAndPort.isIPv4(host) ? text : nil
    }

    static let url = ValueFormat("an http or https address, such as http://localhost:9093") { text in
        guard text.utf8.count <= 2000, let parts = URLComponents(string: text), let scheme = parts.scheme,
            ["http", "https"].contains(scheme.lowercased()), let host = parts.host, !host.isEmpty,
            parts.port.map({ (1...65_535).contains($0) }) ?? true
        else { return nil }
        return text
    }

    /// A label's name: prometheus.io, "Data model".
    static let labelName = ValueFormat("a label's name: letters, digits and _, not a digit first") { text in
        let isWord = text.utf8.allSatisfy { $0 == 0x5F || Character(Unicode.Scalar($0)).isLetterOrDigit }
        return isWord && !text.isEmpty && text.utf8.count <= 128 && text.first?.isNumber == false ? text : nil
    }
}

extension Character {
    fileprivate var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}

extension String {
    fileprivate func dropPrefix(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}

private enum HostAndPort {
    /// The part before the last colon, in brackets if it has colons itself, and the port.
    static func split(_ text: String) -> (host: Substring, port: Int?)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !host.contains(":") || host.hasPrefix("[") && host.hasSuffix("]") else { return nil }
        guard (1...5).contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return (host, nil)
        }
        return (host, Int(digits).flatMap { $0 <= 65_535 ? $0 : nil })
    }

    static func isIPv4(_ text: Substring) -> Bool {
        var address = in_addr()
        // Safe: the structure is the one that the family has.
        return unsafe inet_pton(AF_INET, String(text), &address) == 1
    }

    static func isIPv6(_ text: Substring) -> Bool {
        var address = in6_addr()
        // Safe: the structure is the one that the family has.
        return unsafe inet_pton(AF_INET6, String(text), &address) == 1
    }

    /// A host's name (RFC 1123), or an IPv4 address; all digits and dots have to be an address.
    static func isName(_ text: Substring) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        if text.allSatisfy({ $0 == "." || ("0"..."9").contains($0) }) { return isIPv4(text) }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0 == "-" || $0 == "_" || $0.isLetterOrDigit }
        }
    }
}
