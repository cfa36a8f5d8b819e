package import ProfileModel

/// What the kernel told a 64-bit process when it started: `auxv`, getauxval(3).
package struct Auxv: Hashable, Sendable {
    /// `AT_SYSINFO_EHDR`: where the vDSO is mapped; `nil` without one.
    package private(set) var vdso: Address?
    /// `AT_ENTRY`: the program's entry point.
    package private(set) var entryPoint: Address?
    /// `AT_PHDR`: the program headers of the executable in memory.
    package private(set) var programHeaders: Address?
    /// `AT_BASE`: the dynamic loader; `nil` in a static executable.
    package private(set) var loader: Address?

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var offset = 0
        while offset + 16 <= bytes.count {
            let type = Self.word(bytes, offset)
            guard type != 0 else { return }
            read(type, Self.word(bytes, offset + 8))
            offset += 16
        }
        throw .malformed(file: "auxv", field: "AT_NULL")
    }

    private mutating func read(_ type: UInt64, _ value: UInt64) {
        let address = value == 0 ? nil : Address(rawValue: value)
        switch type {
        case 3: programHeaders = address
        case 7: loader = address
        case 9: entryPoint = address
        case 33: vdso = address
        default: break
        }
    }

    private static func word(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64($1 * 8) }
    }
}
