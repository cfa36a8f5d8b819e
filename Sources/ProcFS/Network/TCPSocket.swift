/// A TCP socket that the kernel knows, with its inode, by which descriptors refer to it.
package struct TCPSocket: Hashable, Sendable {
    /// The number in `socket:[…]` of a descriptor's link; never 0.
    package let inode: UInt64
    /// By `include/net/tcp_states.h`: 1 is established, 10 listens.
    package let state: UInt8
    package let remote: SocketEndpoint
}

/// An address and a port.
package struct SocketEndpoint: Hashable, Sendable {
    /// The address as an IPv6 one, in host order; IPv4 ones are mapped (`::ffff:0:0/96`, RFC 4291).
    package let high: UInt64
    package let low: UInt64
    package let port: UInt16

    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    package init(ipv4 address: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(address), port: port)
    }

    /// The address where it is one of IPv4, mapped or not.
    package var ipv4: UInt32? { high == 0 && low >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: low) : nil }
}

extension SocketEndpoint: CustomStringConvertible {
    /// `ADDRESS:PORT`, or `[ADDRESS]:PORT` for IPv6, in RFC 5952's form.
    package var description: String {
        guard let ipv4 else { return "[\(ipv6Text)]:\(port)" }
        let bytes = [24, 16, 8, 0].map { String((ipv4 >> UInt32($0)) & 0xFF) }
        return "\(bytes.joined(separator: ".")):\(port)"
    }

    private var ipv6Text: String {
        let groups = [high, low].flatMap { half in
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
        }
        guard let zeros = Self.longestZeros(groups) else { return Self.text(groups[...]) }
        return "\(Self.text(groups[..<zeros.lowerBound]))::\(Self.text(groups[zeros.upperBound...]))"
    }

    private static func text(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The first of the longest runs of at least two zero groups.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= max(best?.count ?? 0, 1) + 1 || (best == nil && end - start >= 2) { best = start..<end }
            start = end + 1
        }
        return best
    }
}

extension SocketEndpoint {
    /// From `ADDRESS:PORT` or `[ADDRESS]:PORT`; names of hosts are none.
    package init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let address = text[..<colon]
        if address.hasPrefix("["), address.hasSuffix("]") {
            guard let (high, low) = Self.ipv6(address.dropFirst().dropLast()) else { return nil }
            self.init(high: high, low: low, port: port)
        } else {
            guard let ipv4 = Self.ipv4(address) else { return nil }
            self.init(ipv4: ipv4, port: port)
        }
    }

    private static func ipv4(_ text: Substring) -> UInt32? {
        let bytes = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard bytes.count == 4 else { return nil }
        var address: UInt32 = 0
        for byte in bytes {
            guard let byte else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    private static func ipv6(_ text: Substring) -> (UInt64, UInt64)? {
        var head = text
        var tail: Substring = ""
        if let gap = text.firstRange(of: "::") {
            head = text[..<gap.lowerBound]
            tail = text[gap.upperBound...]
        }
        guard let first = groups(head), let last = groups(tail) else { return nil }
        let isComplete = first.count == 8 && last.isEmpty && !text.contains("::")
        guard isComplete || (text.contains("::") && first.count + last.count < 8) else { return nil }
        let all = first + Array(repeating: 0, count: 8 - first.count - last.count) + last
        let halves = [all[..<4], all[4...]].map { $0.reduce(0 as UInt64) { $0 << 16 | UInt64($1) } }
        return (halves[0], halves[1])
    }

    /// Groups of hexadecimal digits; the last may be an IPv4 address.
    private static func groups(_ text: Substring) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            if let ipv4 = ipv4(part) {
                groups += [UInt16(ipv4 >> 16), UInt16(truncatingIfNeeded: ipv4)]
            } else {
                guard part.utf8.count <= 4, let group = UInt16(part, radix: 16) else { return nil }
                groups.append(group)
            }
        }
        return groups.count <= 8 ? groups : nil
    }
}
