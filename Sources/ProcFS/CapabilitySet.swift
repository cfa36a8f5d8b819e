/// A set of capabilities, by the numbers of `linux/capability.h`: capabilities(7).
package struct CapabilitySet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `CAP_DAC_OVERRIDE`: reading and writing files whatever their permissions.
    package static let overrideAccess = CapabilitySet(rawValue: 1 << 1)
    /// `CAP_DAC_READ_SEARCH`: reading files and directories whatever their permissions.
    package static let readSearch = CapabilitySet(rawValue: 1 << 2)
    /// `CAP_NET_BIND_SERVICE`: listening on ports below 1024.
    package static let bindService = CapabilitySet(rawValue: 1 << 10)
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
