internal import CElf
internal import Glibc
internal import ProfileModel

/// A libelf handle, open for one reading of a file.
///
/// libelf keeps all that it has read until a handle ends, and a handle isn't thread-safe, so none outlives the call that
/// needs it. It reads by pread(2) (`ELF_C_READ`). It believes what headers claim of counts and sizes: `ElfHeader` checks
/// those that opening uses, and callers check a section's size before they ask for its contents.
@safe struct ElfHandle: ~Copyable {
    private let elf: OpaquePointer
    private let path: String

    init(descriptor: Int32, path: String) throws(ObjectFileError) {
        // Safe: libelf reads the open file.
        try unsafe self.init(Self.isReady ? elf_begin(descriptor, ELF_C_READ, nil) : nil, path)
    }

    /// - Parameter memory: outlives the handle; libelf changes nothing in it, as its contents have this machine's byte
    ///   order.
    @unsafe init(memory: UnsafeRawBufferPointer, path: String) throws(ObjectFileError) {
        let start = unsafe UnsafeMutableRawPointer(mutating: memory.baseAddress)?
            .assumingMemoryBound(to: CChar.self)
        try unsafe self.init(Self.isReady ? elf_memory(start, memory.count) : nil, path)
    }

    private init(_ elf: OpaquePointer?, _ path: String) throws(ObjectFileError) {
        guard let elf = unsafe elf else { throw .malformed(path: path, part: "the ELF header") }
        unsafe self.elf = elf
        self.path = path
    }

    deinit { _ = unsafe elf_end(elf) }

    /// Whether libelf knows the version of the format that its header declares; to be settled before any other call.
    private static let isReady = elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE)

    func programHeaders() throws(ObjectFileError) -> [Elf64_Phdr] {
        var count = 0
        // Safe: libelf returns an array of as many headers as it counts, which lives as long as the handle.
        guard unsafe elf_getphdrnum(elf, &count) == 0 else {
            throw .malformed(path: path, part: "the program header table")
        }
        guard count > 0 else { return [] }
        guard let first = unsafe elf64_getphdr(elf) else {
            throw .malformed(path: path, part: "the program header table")
        }
        return unsafe Array(UnsafeBufferPointer(start: first, count: count))
    }

    /// All section headers, that of index 0 included, and the index of the section with their names.
    func sectionHeaders() throws(ObjectFileError) -> (headers: [Elf64_Shdr], names: Int) {
        var (count, names) = (0, 0)
        // Safe: libelf fills both numbers.
        guard unsafe elf_getshdrnum(elf, &count) == 0, unsafe elf_getshdrstrndx(elf, &names) == 0 else {
            throw .malformed(path: path, part: "the section header table")
        }
        var headers: [Elf64_Shdr] = []
        headers.reserveCapacity(count)
        for index in 0..<count {
            // Safe: a header that libelf returns lives as long as the handle.
            guard let section = unsafe elf_getscn(elf, index), let header = unsafe elf64_getshdr(section) else {
                throw .malformed(path: path, part: "the section header table")
            }
            unsafe headers.append(header.pointee)
        }
        return (headers, names)
    }

    /// The bytes of a section as the file stores them; `nil` when it has none or they can't be read.
    func storedBytes(ofSection index: Int) -> [UInt8]? {
        guard let section = unsafe elf_getscn(elf, index), let data = unsafe elf_rawdata(section, nil) else {
            return nil
        }
        return unsafe Self.copy(data)
    }

    /// The first `NT_GNU_BUILD_ID` of the notes in a part of the file; `nil` when there is none of a plausible length.
    ///
    /// - Parameter alignment: the notes' own: 8 where a header says so, else 4.
    func buildID(at offset: UInt64, size: Int, alignment: UInt64) -> BuildID? {
        let type = alignment == 8 ? ELF_T_NHDR8 : ELF_T_NHDR
        guard size > 0, let offset = Int64(exactly: offset),
            let data = unsafe elf_getdata_rawchunk(elf, offset, size, type), let bytes = unsafe Self.copy(data)
        else { return nil }
        var position = 0
        while true {
            var header = GElf_Nhdr()
            var (name, descriptor) = (0, 0)
            // Safe: libelf reads one note within the data, and fills the three.
            let next = unsafe gelf_getnote(data, position, &header, &name, &descriptor)
            guard next > position else { return nil }
            let end = descriptor + Int(header.n_descsz)
            if header.n_type == UInt32(NT_GNU_BUILD_ID), Self.buildIDSizes.contains(Int(header.n_descsz)),
                end <= bytes.count, bytes.string(at: name, limit: Int(header.n_namesz)) == "GNU"
            {
                return BuildID(bytes: Array(bytes[descriptor..<end]))
            }
            position = next
        }
    }

    /// Linkers write 8 (LLD `fast`), 16 or 20 bytes; a person may give any with `--build-id=0x…`.
    private static let buildIDSizes = 2...64

    @unsafe private static func copy(_ data: UnsafeMutablePointer<Elf_Data>) -> [UInt8]? {
        // Safe: libelf's data has as many bytes as it says, and lives as long as the handle.
        let data = unsafe data.pointee
        guard let start = unsafe data.d_buf else { return unsafe data.d_size == 0 ? [] : nil }
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: data.d_size))
    }
}
