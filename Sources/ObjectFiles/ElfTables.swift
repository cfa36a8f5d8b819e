internal import CElf
internal import Glibc
internal import ProfileModel

/// What an ELF file's headers say, read through one libelf handle.
struct ElfTables {
    let segments: [LoadSegment]
    let unwindHeader: (address: FileAddress, size: UInt64)?
    let dynamicSection: (address: FileAddress, size: UInt64)?
    let sections: [Section]
    let sectionDefect: ObjectFileError?
    let buildID: BuildID?

    init(
        _ header: ElfHeader, _ handle: borrowing ElfHandle, fileSize: UInt64, path: String
    ) throws(ObjectFileError) {
        let programHeaders = header.fields.e_phnum == 0 ? [] : try handle.programHeaders()
        segments = programHeaders.filter { $0.p_type == UInt32(PT_LOAD) }.map { LoadSegment($0) }
        unwindHeader = Self.range(PT_GNU_EH_FRAME, of: programHeaders)
        dynamicSection = Self.range(PT_DYNAMIC, of: programHeaders)
        (sections, sectionDefect) = Self.sections(header, handle, fileSize: fileSize)
        // A debug file's note segment points at bytes that it doesn't hold; its note section is right.
        buildID =
            Self.buildID(sections: sections, handle, fileSize: fileSize)
            ?? Self.buildID(programHeaders, handle, fileSize: fileSize)
    }

    private static func range(
        _ type: Int32, of headers: [Elf64_Phdr]
    ) -> (address: FileAddress, size: UInt64)? {
        headers.first { $0.p_type == UInt32(type) }.map { (FileAddress(rawValue: $0.p_vaddr), $0.p_memsz) }
    }

    /// The bytes that it takes in memory.
    var memorySize: Int {
        sections.reduce(segments.count * MemoryLayout<LoadSegment>.stride) { sum, section in
            sum + MemoryLayout<Section>.stride + section.name.utf8.count
        }
    }

    private static func sections(
        _ header: ElfHeader, _ handle: borrowing ElfHandle, fileSize: UInt64
    ) -> ([Section], ObjectFileError?) {
        if let defect = header.sectionDefect { return ([], defect) }
        guard header.fields.e_shoff != 0 else { return ([], nil) }
        do throws(ObjectFileError) {
            let (headers, namesIndex) = try handle.sectionHeaders()
            let names = Self.names(headers, index: namesIndex, handle, fileSize: fileSize)
            let sections = headers.enumerated().map { index, header in
                // Not by elf_strptr(), which searches the rest of the table for a zero at each call.
                Section(
                    header, index: index, name: names.string(at: Int(header.sh_name), limit: maximumNameLength) ?? "")
            }
            return (sections, nil)
        } catch {
            return ([], error)
        }
    }

    private static func names(
        _ headers: [Elf64_Shdr], index: Int, _ handle: borrowing ElfHandle, fileSize: UInt64
    ) -> [UInt8] {
        guard headers.indices.contains(index), headers[index].sh_type != UInt32(SHT_NOBITS),
            headers[index].sh_size <= maximumNamesSize,
            holds(headers[index].sh_offset, headers[index].sh_size, fileSize)
        else { return [] }
        return handle.storedBytes(ofSection: index) ?? []
    }

    private static func buildID(
        _ headers: [Elf64_Phdr], _ handle: borrowing ElfHandle, fileSize: UInt64
    ) -> BuildID? {
        for header in headers.filter({ $0.p_type == UInt32(PT_NOTE) }).prefix(maximumNoteSegments) {
            guard header.p_filesz <= maximumNoteSize, holds(header.p_offset, header.p_filesz, fileSize) else {
                continue
            }
            let found = handle.buildID(
                at: header.p_offset, size: Int(header.p_filesz), alignment: header.p_align)
            if let found { return found }
        }
        return nil
    }

    private static func buildID(
        sections: [Section], _ handle: borrowing ElfHandle, fileSize: UInt64
    ) -> BuildID? {
        for section in sections where section.name == ".note.gnu.build-id" && section.hasContents {
            guard section.size <= maximumNoteSize, holds(section.fileOffset, section.size, fileSize) else { continue }
            let found = handle.buildID(at: section.fileOffset, size: Int(section.size), alignment: 4)
            if let found { return found }
        }
        return nil
    }

    private static func holds(_ offset: UInt64, _ count: UInt64, _ fileSize: UInt64) -> Bool {
        offset <= fileSize && count <= fileSize - offset
    }

    private static let maximumNamesSize: UInt64 = 1 << 20
    private static let maximumNameLength = 256
    /// Linkers write two.
    private static let maximumNoteSegments = 16
    private static let maximumNoteSize: UInt64 = 1 << 16
}
