internal import CElf
internal import Glibc
internal import ProfileModel

/// The notes in a `PT_NOTE` segment or an `SHT_NOTE` section (elf(5), "Notes").
enum Notes {
    /// The first `NT_GNU_BUILD_ID`; `nil` when there is none of a plausible length.
    static func buildID(in bytes: [UInt8], alignment: Int) -> BuildID? {
        var offset = 0
        while let header = bytes.value(of: Elf64_Nhdr.self, at: offset) {
            let name = offset + MemoryLayout<Elf64_Nhdr>.size
            let descriptor = roundedUp(name + Int(header.n_namesz), to: alignment)
            let end = descriptor + Int(header.n_descsz)
            guard end <= bytes.count else { return nil }
            if header.n_type == UInt32(NT_GNU_BUILD_ID), bytes.string(at: name, limit: Int(header.n_namesz)) == "GNU",
                buildIDSizes.contains(Int(header.n_descsz))
            {
                return BuildID(bytes: Array(bytes[descriptor..<end]))
            }
            offset = roundedUp(end, to: alignment)
        }
        return nil
    }

    private static func roundedUp(_ value: Int, to alignment: Int) -> Int { (value + alignment - 1) & -alignment }

    /// Linkers write 8 (LLD `fast`), 16 or 20 bytes; a person may give any with `--build-id=0x…`.
    private static let buildIDSizes = 2...64
}
