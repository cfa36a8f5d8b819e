/// The 64-bit hash of Fowler, Noll and Vo (FNV-1a, draft-eastlake-fnv): the same in every run, unlike Swift's own.
///
/// It resists no one who looks for collisions.
package struct FNV1a: Sendable {
    package private(set) var value: UInt64

    /// - Parameter seed: for a further hash of the same bytes.
    package init(seed: UInt64 = 0) { value = 0xCBF2_9CE4_8422_2325 ^ seed }

    package static func hash(_ bytes: some Sequence<UInt8>, seed: UInt64 = 0) -> UInt64 {
        var hash = FNV1a(seed: seed)
        hash.combine(bytes)
        return hash.value
    }

    package mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    /// The bytes of an integer, the lowest first.
    package mutating func combine(_ integer: UInt64) {
        combine((0..<8).lazy.map { UInt8(truncatingIfNeeded: integer >> (8 * UInt64($0))) })
    }

    /// 32 bits of the hash, folded by XOR as the draft says.
    package var folded: UInt32 { UInt32(truncatingIfNeeded: value ^ (value >> 32)) }

    /// Sixteen digits.
    package var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
