internal import Foundation

extension ValueFormat<String> {
    /// Where to listen.
    static let listenAddress = ValueFormat("HOST:PORT, :PORT, [IPV6]:PORT or unix:/PATH") { text in
        ListenAddress(text) == nil ? nil : text
    }

    /// A name by which a host is reached.
    static let hostName = ValueFormat("a host's name, such as db1.example.com") { text in
        HostAndPort.isName(text[...]) ? text : nil
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
    var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
