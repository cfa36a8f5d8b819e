internal import CElf
internal import Glibc
internal import ProfileModel
internal import SystemSupport

/// An ELF file's headers, read by libelf, over its bytes.
final class ElfFile: Sendable {
    let path: String
    let image: ObjectImage
    let budget: ParsingBudget
    let machine: UInt16
    let isPositionIndependent: Bool
    let entryPoint: FileAddress
    let segments: [LoadSegment]
    let buildID: BuildID?
    /// The address and size of `.eh_frame_hdr`, from `PT_GNU_EH_FRAME`.
    let unwindHeader: (address: FileAddress, size: UInt64)?
    /// The address and size of the dynamic section, from `PT_DYNAMIC`.
    let dynamicSection: (address: FileAddress, size: UInt64)?
    let sections: [Section]
    /// Why there are no sections although the file claims some.
    let sectionDefect: ObjectFileError?
    /// For the headers, and for the bytes of an image in memory.
    private let reservation: MemoryReservation
    private let pages: PageCache.File

    init(path: String, image: consuming ObjectImage, budget: ParsingBudget) throws(ObjectFileError) {
        let header = try ElfHeader(of: image, path: path)
        let reservation = try withinBudget(path, "its headers") { () throws(BudgetExhausted) in
            try budget.spend(Int(header.fields.e_phnum) + Int(header.fields.e_shnum), .entries)
            return try budget.reserve(Self.fixedSize)
        }
        // A constant of its own, as the image is passed on below.
        let size = image.size
        let tables = try image.withHandle(path: path) { (handle) throws(ObjectFileError) in
            try ElfTables(header, handle, fileSize: size, path: path)
        }
        try withinBudget(path, "its headers") { () throws(BudgetExhausted) in
            try reservation.grow(by: tables.memorySize)
        }
        machine = header.fields.e_machine
        entryPoint = FileAddress(rawValue: header.fields.e_entry)
        isPositionIndependent = header.fields.e_type == UInt16(ET_DYN)
        segments = tables.segments
        unwindHeader = tables.unwindHeader
        dynamicSection = tables.dynamicSection
        sections = tables.sections
        sectionDefect = tables.sectionDefect
        buildID = tables.buildID
        self.reservation = reservation
        self.path = path
        self.image = image
        self.budget = budget
        pages = budget.pages.newFile()
    }

    convenience init(
        path: String, descriptor: consuming OwnedDescriptor, budget: ParsingBudget
    ) throws(ObjectFileError) {
        let status: FileStatus
        do { status = try descriptor.status() } catch { throw .unreadable(path: path, errno: error.errno) }
        guard status.kind == .regular else { throw .notARegularFile(path: path) }
        try self.init(path: path, image: ObjectImage(file: descriptor, size: status.size), budget: budget)
    }

    /// The ELF file in a copy of its bytes, which count as kept.
    convenience init(path: String, copy bytes: [UInt8], budget: ParsingBudget) throws(ObjectFileError) {
        try self.init(path: path, image: ObjectImage(copy: bytes), budget: budget)
        try withinBudget(path, "its image") { () throws(BudgetExhausted) in try reservation.grow(by: bytes.count) }
    }

    /// The first section of that name; for `.debug_…` also one compressed under the older name `.zdebug_…`.
    func section(named name: String) -> Section? {
        if let section = sections.first(where: { $0.name == name }) { return section }
        guard name.hasPrefix(".debug_") else { return nil }
        let older = ".z" + name.dropFirst()
        return sections.first { $0.name == older }
    }

    /// What an object without much in its headers takes.
    private static let fixedSize = 1024
}

// MARK: - Contents

extension ElfFile {
    /// Fills `buffer` from `offset` in the file through the cache of pages, and returns how many bytes there were.
    func readCached(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        unsafe pages.read(image, at: offset, into: buffer)
    }

    /// Where the byte that the loader maps at `address` lies in the file, and how many follow it in its segment.
    func filePosition(of address: FileAddress) -> (offset: UInt64, count: UInt64)? {
        for segment in segments {
            if let position = segment.filePosition(of: address) { return position }
        }
        return nil
    }

    /// Up to `count` of the bytes that the loader maps at `address`, through the cache of pages.
    func cachedBytes(at address: FileAddress, count: Int) -> [UInt8] {
        guard let position = filePosition(of: address) else { return [] }
        // Safe: `readCached` initialises the bytes that it counts.
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(min(UInt64(count), position.count))) {
            buffer, initialized in
            initialized = unsafe readCached(at: position.offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Up to `count` bytes of a section as the file stores them, through the cache of pages; fewer at the section's end.
    func cachedBytes(of section: Section, at offset: UInt64, count: Int) -> [UInt8] {
        guard section.hasContents, offset < section.size, count > 0 else { return [] }
        let available = Int(min(UInt64(count), section.size - offset))
        // Safe: `readCached` initialises the bytes that it counts.
        return unsafe [UInt8](unsafeUninitializedCapacity: available) { buffer, initialized in
            initialized = unsafe readCached(
                at: section.fileOffset &+ offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The zero-terminated text at an offset in a section, cut at `limit` bytes; empty where there is none.
    func text(in section: Section, at offset: UInt64, limit: Int) -> [UInt8] {
        zeroTerminated(limit: limit) { cachedBytes(of: section, at: offset &+ UInt64($0), count: $1) }
    }

    /// The bytes of a section as the file stores them.
    func storedBytes(of section: Section, limit: Int) throws(ObjectFileError) -> [UInt8] {
        let count = try checkedSize(of: section, limit: limit)
        guard let bytes = image.bytes(at: section.fileOffset, count: count) else {
            throw .malformed(path: path, part: "\(section.name), which reaches past the end of the file,")
        }
        return bytes
    }

    /// The contents of a section, decompressed if the file stores them so.
    func contents(of section: Section, limit: Int) throws(ObjectFileError) -> [UInt8] {
        guard let decompressed = try decompressed(section, limit: limit, budget: budget) else {
            return try storedBytes(of: section, limit: limit)
        }
        return try decompressed.all()
    }

    /// The contents of a compressed section; `nil` when the file stores them as they are.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that they may have.
    ///   - budget: pays for all of them.
    func decompressed(
        _ section: Section, limit: Int, budget: ParsingBudget
    ) throws(ObjectFileError) -> DecompressedSection? {
        guard let (method, size) = try compression(of: section) else { return nil }
        _ = try checkedSize(of: section, limit: limit)
        guard size <= UInt64(max(limit, 0)) else {
            throw .tooLarge(path: path, part: section.name, size: size, limit: UInt64(max(limit, 0)))
        }
        return try DecompressedSection(section, of: self, method, size: Int(size), budget: budget)
    }

    /// How a section is compressed, and the size that it says its contents have; `nil` when it isn't compressed.
    private func compression(of section: Section) throws(ObjectFileError) -> (SectionCompression, size: UInt64)? {
        guard section.isStoredCompressed else { return nil }
        let start = cachedBytes(of: section, at: 0, count: MemoryLayout<Elf64_Chdr>.size)
        if section.isCompressed {
            guard let header = start.value(of: Elf64_Chdr.self, at: 0) else {
                throw .malformed(path: path, part: section.name)
            }
            switch Int32(bitPattern: header.ch_type) {
            case ELFCOMPRESS_ZLIB: return (.zlib, header.ch_size)
            case Self.zstandard: return (.zstandard, header.ch_size)
            default: throw .unsupportedCompression(path: path, section: section.name, method: header.ch_type)
            }
        }
        // The older form: `ZLIB`, and the size as a big-endian word. A section without that start is not compressed.
        guard start.starts(with: "ZLIB".utf8), let size = start.value(of: UInt64.self, at: 4) else { return nil }
        return (.olderZlib, UInt64(bigEndian: size))
    }

    /// `ELFCOMPRESS_ZSTD`, which <elf.h> lacks in glibc 2.36.
    private static let zstandard: Int32 = 2

    private func checkedSize(of section: Section, limit: Int) throws(ObjectFileError) -> Int {
        guard section.hasContents else { throw .malformed(path: path, part: "\(section.name) without contents") }
        guard let count = Int(exactly: section.size), count <= limit else {
            throw .tooLarge(path: path, part: section.name, size: section.size, limit: UInt64(max(limit, 0)))
        }
        guard image.holds(section.size, at: section.fileOffset) else {
            throw .malformed(path: path, part: "\(section.name), which reaches past the end of the file,")
        }
        try withinBudget(path, section.name) { () throws(BudgetExhausted) in try budget.spend(count, .bytes) }
        return count
    }
}

/// Gives a budget's refusal the place where it happened.
func withinBudget<Value>(
    _ path: String, _ part: String, _ body: () throws(BudgetExhausted) -> Value
) throws(ObjectFileError) -> Value {
    do {
        return try body()
    } catch {
        throw .budgetExhausted(path: path, part: part, error)
    }
}
