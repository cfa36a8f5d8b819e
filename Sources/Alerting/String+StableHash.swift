extension String {
    /// The 64-bit hash of Fowler, Noll and Vo (FNV-1a) of its UTF-8, in hexadecimal: the same in every run.
    package var stableHash: String {
        let hash = utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return String(hash, radix: 16)
    }
}
