internal import CElf
internal import Glibc
internal import ProfileModel

/// An ELF file's headers, checked, over its bytes.
///
/// Layouts are those of elf(5). libelf is not used: it allocates for as many sections as a header claims.
final class ElfFile: Sendable {
    let path: String
    let image: ObjectImage
    let machine: UInt16
    let isPositionIndependent: Bool
    let segments: [LoadSegment]
    let buildID: BuildID?
    /// The address and size of `.eh_frame_hdr`, from `PT_GNU_EH_FRAME`.
    let unwindHeader: (address: FileAddress, size: UInt64)?
    let sections: [Section]
    /// Why there are no sections although the file claims some.
    let sectionDefect: ObjectFileError?

    init(path: String, image: consuming ObjectImage) throws(ObjectFileError) {
        let header = try Self.header(of: image, path: path)
        let programHeaders = try Self.programHeaders(header, of: image, path: path)
        machine = header.e_machine
        isPositionIndependent = header.e_type == UInt16(ET_DYN)
        segments = programHeaders.filter { $0.p_type == UInt32(PT_LOAD) }.map { LoadSegment($0) }
        unwindHeader = programHeaders.first { $0.p_type == UInt32(PT_GNU_EH_FRAME) }
            .map { (FileAddress(rawValue: $0.p_vaddr), $0.p_memsz) }
        do throws(ObjectFileError) {
            sections = try SectionTable.read(header, of: image, path: path)
            sectionDefect = nil
        } catch {
            sections = []
            sectionDefect = error
        }
        // A debug file's note segment points at bytes that it doesn't hold; its note section is right.
        buildID = Self.buildID(sections: sections, of: image) ?? Self.buildID(programHeaders, of: image)
        self.path = path
        self.image = image
    }

    /// The bytes of a section as the file stores them.
    func storedBytes(of section: Section, limit: Int) throws(ObjectFileError) -> [UInt8] {
        guard section.hasContents else { throw .malformed(path: path, part: "\(section.name) without contents") }
        guard let count = Int(exactly: section.size), count <= limit else {
            throw .tooLarge(path: path, part: section.name, size: section.size, limit: UInt64(max(limit, 0)))
        }
        guard let bytes = image.bytes(at: section.fileOffset, count: count) else {
            throw .malformed(path: path, part: "\(section.name), which reaches past the end of the file,")
        }
        return bytes
    }

    private static func header(of image: borrowing ObjectImage, path: String) throws(ObjectFileError) -> Elf64_Ehdr {
        guard let start = image.bytes(at: 0, count: Int(EI_NIDENT)), start.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
            throw .notELF(path: path)
        }
        guard start[Int(EI_CLASS)] == UInt8(ELFCLASS64) else { throw .unsupportedFormat(path: path, format: "32-bit") }
        guard start[Int(EI_DATA)] == UInt8(ELFDATA2LSB) else {
            throw .unsupportedFormat(path: path, format: "big-endian")
        }
        guard let bytes = image.bytes(at: 0, count: MemoryLayout<Elf64_Ehdr>.size),
            let header = bytes.value(of: Elf64_Ehdr.self, at: 0)
        else { throw .malformed(path: path, part: "the ELF header") }
        return header
    }

    private static func programHeaders(
        _ header: Elf64_Ehdr, of image: borrowing ObjectImage, path: String
    ) throws(ObjectFileError) -> [Elf64_Phdr] {
        let count = Int(header.e_phnum)
        guard count > 0 else { return [] }
        guard count <= maximumProgramHeaders else {
            throw .tooLarge(
                path: path, part: "the number of program headers", size: UInt64(count),
                limit: UInt64(maximumProgramHeaders))
        }
        let stride = MemoryLayout<Elf64_Phdr>.stride
        guard Int(header.e_phentsize) == stride,
            let bytes = image.bytes(at: header.e_phoff, count: count * stride)
        else { throw .malformed(path: path, part: "the program header table") }
        return (0..<count).compactMap { bytes.value(of: Elf64_Phdr.self, at: $0 * stride) }
    }

    private static func buildID(_ headers: [Elf64_Phdr], of image: borrowing ObjectImage) -> BuildID? {
        for header in headers where header.p_type == UInt32(PT_NOTE) {
            let found = buildID(at: header.p_offset, size: header.p_filesz, alignment: header.p_align, of: image)
            if let found { return found }
        }
        return nil
    }

    private static func buildID(sections: [Section], of image: borrowing ObjectImage) -> BuildID? {
        for section in sections where section.name == ".note.gnu.build-id" && section.hasContents {
            let found = buildID(at: section.fileOffset, size: section.size, alignment: 4, of: image)
            if let found { return found }
        }
        return nil
    }

    private static func buildID(
        at offset: UInt64, size: UInt64, alignment: UInt64, of image: borrowing ObjectImage
    ) -> BuildID? {
        guard let count = Int(exactly: size), count <= maximumNoteSize,
            let bytes = image.bytes(at: offset, count: count)
        else { return nil }
        return Notes.buildID(in: bytes, alignment: alignment == 8 ? 8 : 4)
    }

    /// Linkers write about a dozen.
    private static let maximumProgramHeaders = 4096
    private static let maximumNoteSize = 1 << 16
}
