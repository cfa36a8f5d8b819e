import CElf
import Glibc
import ObjectFiles
import ProfileModel

/// A shared object put together by hand, with nothing but a segment of code and symbols.
struct ForgedObject {
    /// A symbol in the code.
    struct Entry {
        var name: UInt32 = 1
        var type = STT_FUNC
        var offset: UInt64 = 0
        var size: UInt64 = 1
    }

    /// Where the code is, and how much.
    static let code: UInt64 = 0x10_0000
    static let codeSize: UInt64 = 1 << 24

    /// One program header, and four sections besides the empty one.
    static let headerCount = 6

    /// What the file says of a section beyond its contents.
    private struct Content {
        let name: UInt32
        let type: Int32
        let bytes: [UInt8]
        var size: UInt64?
        var link: UInt32 = 0
    }

    private static let sectionNames = Array("\0.text\0.symtab\0.strtab\0.gopclntab\0".utf8)

    /// The bytes of an object with these symbols.
    ///
    /// - Parameters:
    ///   - names: the string table, which should begin with a zero.
    ///   - claimedSize: of the string table, where it is to differ.
    static func image(_ symbols: [Entry], names: [UInt8], claimedSize: UInt64? = nil) -> [UInt8] {
        var table: [UInt8] = []
        table.reserveCapacity(symbols.count * 24)
        for symbol in symbols {
            var entry = Elf64_Sym()
            entry.st_name = symbol.name
            entry.st_info = UInt8(STB_GLOBAL << 4 | symbol.type)
            entry.st_shndx = 1
            entry.st_value = code + symbol.offset
            entry.st_size = symbol.size
            append(entry, to: &table)
        }
        return image([
            Content(name: 7, type: SHT_SYMTAB, bytes: table, link: 3),
            Content(name: 15, type: SHT_STRTAB, bytes: names, size: claimedSize),
        ])
    }

    /// The bytes of an object without symbols, that has these bytes as its Go table of functions.
    ///
    /// Its code is in the file, too, as far as the file goes.
    static func image(goTable: [UInt8]) -> [UInt8] {
        image([Content(name: 23, type: SHT_PROGBITS, bytes: goTable)], storesCode: true)
    }

    private static func image(_ contents: [Content], storesCode: Bool = false) -> [UInt8] {
        var header = Elf64_Ehdr()
        unsafe withUnsafeMutableBytes(of: &header.e_ident) { ident in
            unsafe ident.copyBytes(from: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
        }
        header.e_type = UInt16(ET_DYN)
        header.e_machine = UInt16(EM_X86_64)
        header.e_version = 1
        header.e_ehsize = 64
        header.e_phentsize = 56
        header.e_phnum = 1
        header.e_phoff = 64
        header.e_shentsize = 64
        header.e_shoff = 128
        header.e_shnum = UInt16(contents.count + 3)
        header.e_shstrndx = UInt16(contents.count + 2)
        var segment = Elf64_Phdr()
        segment.p_type = UInt32(PT_LOAD)
        segment.p_flags = UInt32(PF_R | PF_X)
        segment.p_vaddr = code
        segment.p_memsz = codeSize
        segment.p_filesz = storesCode ? 4096 : 0
        var text = Elf64_Shdr()
        text.sh_name = 1
        text.sh_type = UInt32(SHT_NOBITS)
        text.sh_flags = UInt64(SHF_ALLOC | SHF_EXECINSTR)
        text.sh_addr = code
        text.sh_size = codeSize
        var bytes: [UInt8] = []
        append(header, to: &bytes)
        append(segment, to: &bytes)
        bytes += [UInt8](repeating: 0, count: 128 - bytes.count)
        append(Elf64_Shdr(), to: &bytes)
        append(text, to: &bytes)
        let all = contents + [Content(name: 0, type: SHT_STRTAB, bytes: sectionNames)]
        var offset = UInt64(128 + 64 * (all.count + 2))
        for content in all {
            var section = Elf64_Shdr()
            section.sh_name = content.name
            section.sh_type = UInt32(content.type)
            section.sh_offset = offset
            section.sh_size = content.size ?? UInt64(content.bytes.count)
            section.sh_link = content.link
            section.sh_entsize = content.type == SHT_SYMTAB ? 24 : 0
            append(section, to: &bytes)
            offset += UInt64(content.bytes.count)
        }
        return bytes + all.flatMap(\.bytes)
    }

    private static func append<Value: BitwiseCopyable>(_ value: Value, to bytes: inout [UInt8]) {
        // Safe: the C structures have no padding.
        unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
    }
}
