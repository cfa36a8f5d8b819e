internal import CElf
internal import Glibc

/// Reads the section header table.
enum SectionTable {
    static func read(
        _ header: Elf64_Ehdr, of image: borrowing ObjectImage, path: String
    ) throws(ObjectFileError) -> [Section] {
        guard header.e_shoff != 0 else { return [] }
        let stride = MemoryLayout<Elf64_Shdr>.stride
        guard Int(header.e_shentsize) == stride,
            let firstBytes = image.bytes(at: header.e_shoff, count: stride),
            let first = firstBytes.value(of: Elf64_Shdr.self, at: 0)
        else { throw .malformed(path: path, part: "the section header table") }
        // Counts that don't fit the ELF header are in the first section's header.
        let count = header.e_shnum == 0 ? first.sh_size : UInt64(header.e_shnum)
        let names = header.e_shstrndx == UInt16(SHN_XINDEX) ? Int(first.sh_link) : Int(header.e_shstrndx)
        guard count <= maximumSections else {
            throw .tooLarge(path: path, part: "the number of sections", size: count, limit: maximumSections)
        }
        guard let bytes = image.bytes(at: header.e_shoff, count: Int(count) * stride) else {
            throw .malformed(path: path, part: "the section header table")
        }
        let headers = (0..<Int(count)).compactMap { bytes.value(of: Elf64_Shdr.self, at: $0 * stride) }
        let strings = Self.names(headers, index: names, of: image)
        return headers.map { header in
            Section(header, name: strings.string(at: Int(header.sh_name), limit: maximumNameLength) ?? "")
        }
    }

    private static func names(_ headers: [Elf64_Shdr], index: Int, of image: borrowing ObjectImage) -> [UInt8] {
        guard headers.indices.contains(index), let count = Int(exactly: headers[index].sh_size),
            count <= maximumNamesSize
        else { return [] }
        return image.bytes(at: headers[index].sh_offset, count: count) ?? []
    }

    /// Programs have some dozens; only relocatable files have thousands.
    private static let maximumSections: UInt64 = 1 << 16
    private static let maximumNamesSize = 1 << 22
    private static let maximumNameLength = 256
}
