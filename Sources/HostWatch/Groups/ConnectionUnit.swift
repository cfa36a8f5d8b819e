/// Units that systemd makes for each connection or crash, whose instances are no services of their own.
enum ConnectionUnit {
    /// `sshd@.service` of `sshd@12-10.0.0.1:22-10.0.0.2:5104.service`; `nil` for any other unit: systemd.socket(5).
    ///
    /// The instance is a count, since systemd 257 the socket's cookie, and the ends of the connection: two addresses with
    /// ports, or the peer's process and user, or `unknown`.
    static func template(of unit: String) -> String? {
        guard unit.hasSuffix(".service"), let at = unit.firstIndex(of: "@") else { return nil }
        let instance = unit[unit.index(after: at)...].dropLast(".service".count)
        let parts = instance.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count > 1, isNumber(parts[0]) else { return nil }
        let ends = parts.dropFirst()
        let withoutCookie = isNumber(parts[1]) ? ends.dropFirst() : ends
        guard isConnection(ends) || isConnection(withoutCookie) else { return nil }
        return "\(unit[...at]).service"
    }

    private static func isConnection(_ ends: ArraySlice<Substring>) -> Bool {
        guard let first = ends.first, let last = ends.last else { return false }
        switch ends.count {
        case 1: return first == "unknown"
        case 2: return [first, last].allSatisfy(isAddress) || (isProcess(first) && isNumber(last))
        default: return false
        }
    }

    /// `ADDRESS:PORT`, of which the address may be one of IPv6, or a vsock's number.
    private static func isAddress(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":"), isNumber(text[text.index(after: colon)...]) else { return false }
        let address = text[..<colon]
        return !address.isEmpty && address.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" }
    }

    /// `PID`, or `PID_PIDFD`.
    private static func isProcess(_ text: Substring) -> Bool {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.allSatisfy(isNumber)
    }

    /// As printf(3) writes one: a date such as `2026-01-02` has zeros in front.
    private static func isNumber(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } && !text.isEmpty && (text.count == 1 || text.first != "0")
    }
}
