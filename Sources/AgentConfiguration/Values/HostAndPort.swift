internal import Glibc

/// A host and a port as one text.
package enum HostAndPort {
    /// The part before the last colon, in brackets if it has colons itself, and the port.
    static func split(_ text: String) -> (host: Substring, port: UInt16?)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !host.contains(":") || host.hasPrefix("[") && host.hasSuffix("]") else { return nil }
        guard (1...5).contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return (host, nil)
        }
        return (host, UInt16(digits))
    }

    package static func isIPv4(_ text: Substring) -> Bool {
        var address = in_addr()
        // Safe: the structure is the one that the family has.
        return unsafe inet_pton(AF_INET, String(text), &address) == 1
    }

    package static func isIPv6(_ text: Substring) -> Bool {
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
