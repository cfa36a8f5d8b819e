internal import CElf
internal import Glibc

/// An ELF file's header, whose claims of counts have been checked against the file's size: libelf allocates by them.
struct ElfHeader {
    let fields: Elf64_Ehdr
    /// Why the sections can't be read, which executing the file doesn't need.
    let sectionDefect: ObjectFileError?

    init(of image: borrowing ObjectImage, path: String) throws(ObjectFileError) {
        guard let start = image.bytes(at: 0, count: Int(EI_NIDENT)), start.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
            throw .notELF(path: path)
        }
        guard start[Int(EI_CLASS)] == UInt8(ELFCLASS64) else { throw .unsupportedFormat(path: path, format: "32-bit") }
        guard start[Int(EI_DATA)] == UInt8(ELFDATA2LSB) else {
            throw .unsupportedFormat(path: path, format: "big-endian")
        }
        guard let bytes = image.bytes(at: 0, count: MemoryLayout<Elf64_Ehdr>.size),
            let fields = bytes.value(of: Elf64_Ehdr.self, at: 0)
        else { throw .malformed(path: path, part: "the ELF header") }
        try Self.checkProgramHeaders(fields, of: image, path: path)
        sectionDefect = try Self.sectionDefect(fields, of: image, path: path)
        self.fields = fields
    }

    private static func checkProgramHeaders(
        _ fields: Elf64_Ehdr, of image: borrowing ObjectImage, path: String
    ) throws(ObjectFileError) {
        let count = UInt64(fields.e_phnum)
        guard count > 0 else { return }
        guard count <= maximumProgramHeaders else {
            throw .tooLarge(
                path: path, part: "the number of program headers", size: count, limit: maximumProgramHeaders)
        }
        let stride = MemoryLayout<Elf64_Phdr>.stride
        guard Int(fields.e_phentsize) == stride, image.holds(count * UInt64(stride), at: fields.e_phoff) else {
            throw .malformed(path: path, part: "the program header table")
        }
    }

    /// Throws only when a count that doesn't fit into the ELF header is so large that libelf must not see it.
    private static func sectionDefect(
        _ fields: Elf64_Ehdr, of image: borrowing ObjectImage, path: String
    ) throws(ObjectFileError) -> ObjectFileError? {
        let malformed = ObjectFileError.malformed(path: path, part: "the section header table")
        var count = UInt64(fields.e_shnum)
        guard fields.e_shoff != 0 else { return count == 0 ? nil : malformed }
        let stride = UInt64(MemoryLayout<Elf64_Shdr>.stride)
        if count == 0 {
            // The first section's header has the count then.
            guard let bytes = image.bytes(at: fields.e_shoff, count: Int(stride)),
                let first = bytes.value(of: Elf64_Shdr.self, at: 0)
            else { return malformed }
            count = first.sh_size
            guard count <= maximumSections else { throw tooManySections(count, path: path) }
        }
        guard count <= maximumSections else { return tooManySections(count, path: path) }
        guard UInt64(fields.e_shentsize) == stride, image.holds(count * stride, at: fields.e_shoff) else {
            return malformed
        }
        return nil
    }

    private static func tooManySections(_ count: UInt64, path: String) -> ObjectFileError {
        .tooLarge(path: path, part: "the number of sections", size: count, limit: maximumSections)
    }

    /// Linkers write about a dozen.
    private static let maximumProgramHeaders: UInt64 = 1024
    /// Programs have some dozens; only relocatable files have thousands.
    private static let maximumSections: UInt64 = 8192
}
