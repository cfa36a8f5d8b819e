/// A set of capabilities, by the numbers of `linux/capability.h`: capabilities(7).
package struct CapabilitySet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let systemPtrace = CapabilitySet(rawValue: 1 << 19)
    package static let systemAdministration = CapabilitySet(rawValue: 1 << 21)
    package static let performanceMonitoring = CapabilitySet(rawValue: 1 << 38)
    package static let checkpointRestore = CapabilitySet(rawValue: 1 << 40)

    /// From the hexadecimal mask of `status`.
    init?(_ start: ByteScanner, _ line: Span<UInt8>) {
        var scanner = start
        guard let mask = scanner.hexadecimal(line) else { return nil }
        self.init(rawValue: mask)
    }
}
