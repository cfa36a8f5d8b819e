package import ProfileModel
internal import Synchronization

/// An ELF file that a process executes: its segments, its sections and its function symbols.
package final class ObjectFile: Sendable {
    package let id: ObjectID
    /// As the target names it.
    package let path: String
    private let elf: ElfFile
    private let pages = PageCache()
    private let debugFiles: DebugFileSearch?
    private let observer: (any ReadObserver)?
    private let names = Mutex(Names.unread)

    /// The symbols, in the form that suits how many were asked for.
    private enum Names {
        case unread
        case unsorted(SymbolSources, lookups: Int)
        case sorted(SymbolTable)
    }

    /// After so many lookups, it pays to sort the symbols.
    private static let lookupsUnsorted = 16

    /// Reads the headers of an open file.
    ///
    /// - Parameter debugFiles: where its separate debug file may be; without it, none is looked for.
    package init(
        id: ObjectID, path: String, descriptor: consuming FileDescriptor, debugFiles: (any DebugFileSource)? = nil
    ) throws(ObjectFileError) {
        elf = try ElfFile(path: path, descriptor: descriptor)
        self.id = id
        self.path = path
        self.debugFiles = debugFiles.map { DebugFileSearch(in: $0, of: id) }
        observer = nil
    }

    /// Reads the headers of an object file that exists only in memory: the vDSO, copied from a process.
    ///
    /// - Parameter observer: is told what is read after the headers.
    package init(
        id: ObjectID, path: String, image: [UInt8], observer: (any ReadObserver)? = nil
    ) throws(ObjectFileError) {
        elf = try ElfFile(path: path, image: ObjectImage(copy: image))
        self.id = id
        self.path = path
        debugFiles = nil
        self.observer = observer
    }

    package var buildID: BuildID? { elf.buildID }
    /// The header's `e_machine`, such as 62 for x86-64.
    package var machine: UInt16 { elf.machine }
    package var isPositionIndependent: Bool { elf.isPositionIndependent }
    package var segments: [LoadSegment] { elf.segments }
    package var sections: [Section] { elf.sections }
    /// Why there are no sections although the file claims some; segments and unwinding don't need them.
    package var sectionDefect: ObjectFileError? { elf.sectionDefect }
    /// Where `.eh_frame_hdr` is, as `PT_GNU_EH_FRAME` gives it.
    package var unwindHeader: (address: FileAddress, size: UInt64)? { elf.unwindHeader }

    /// The first section of that name; for `.debug_…` also one compressed under the older name `.zdebug_…`.
    package func section(named name: String) -> Section? {
        elf.section(named: name)
    }

    /// The contents of a section, decompressed if the file stores them so.
    ///
    /// Throws `.tooLarge` when the contents, compressed or not, exceed `limit` bytes.
    package func contents(of section: Section, limit: Int) throws(ObjectFileError) -> [UInt8] {
        observer?.willRead(section.fileRange)
        return try elf.contents(of: section, limit: limit)
    }

    /// Fills `buffer` with the file's bytes that the loader maps at `address`, and returns how many there were.
    ///
    /// Fewer at the end of a segment's file part; 0 where no segment has bytes. Relocations are not applied.
    package func read(at address: FileAddress, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        for segment in elf.segments {
            guard let position = segment.filePosition(of: address) else { continue }
            let count = Int(min(position.count, UInt64(buffer.count)))
            observer?.willRead(position.offset..<position.offset &+ UInt64(count))
            // Safe: `count` is no more than the buffer holds.
            let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            return unsafe pages.read(elf.image, at: position.offset, into: part)
        }
        return 0
    }

    /// Up to `count` of the file's bytes that the loader maps at `address`; fewer at the end of a segment's file part.
    package func bytes(at address: FileAddress, count: Int) -> [UInt8] {
        // Safe: `read` initialises as many bytes as it says.
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = unsafe read(at: address, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The address that the file gives to the byte at an offset where a mapping starts.
    ///
    /// Segments may share a page of the file (LLD links them so), and the offset is then in both:
    /// the one that is executable as the mapping is wins.
    package func fileAddress(ofFileOffset offset: UInt64, isExecutable: Bool = true) -> FileAddress? {
        let candidates = elf.segments.filter { $0.isMapped(from: offset) }
        let segment = candidates.first { $0.isExecutable == isExecutable } ?? candidates.first
        guard let segment else { return nil }
        return FileAddress(rawValue: segment.address.rawValue &+ offset &- segment.fileOffset)
    }

    /// The function symbols, of this file and of its separate debug file; sorted at the first call.
    package func symbols() -> SymbolTable { names.withLock { sortedSymbols(&$0) } }

    /// The function that `address` belongs to.
    package func symbol(containing address: FileAddress) -> Symbol? {
        names.withLock { names in
            if case .unread = names { names = .unsorted(readSymbols(), lookups: 0) }
            guard case .unsorted(let sources, let lookups) = names, lookups < Self.lookupsUnsorted else {
                return sortedSymbols(&names).symbol(containing: address)
            }
            names = .unsorted(sources, lookups: lookups + 1)
            return sources.symbol(containing: address)
        }
    }

    private func sortedSymbols(_ names: inout Names) -> SymbolTable {
        let sources: SymbolSources
        switch names {
        case .sorted(let table): return table
        case .unsorted(let read, _): sources = read
        case .unread: sources = readSymbols()
        }
        let table = SymbolTableBuilder(sources).build()
        names = .sorted(table)
        return table
    }

    private func readSymbols() -> SymbolSources {
        if let observer { elf.sections.filter(\.isForSymbols).forEach { observer.willRead($0.fileRange) } }
        return SymbolSources(of: elf, debugFiles: debugFiles)
    }
}

/// Sees which bytes of a file are read, to record what a test needs of it.
package protocol ReadObserver: Sendable {
    /// - Parameter range: offsets in the file.
    func willRead(_ range: Range<UInt64>)
}

extension Section {
    /// The bytes in the file, when their end doesn't overflow.
    fileprivate var fileRange: Range<UInt64> {
        fileOffset..<max(fileOffset, fileOffset &+ size)
    }

    fileprivate var isForSymbols: Bool { [".symtab", ".strtab", ".dynsym", ".dynstr", ".gnu.version"].contains(name) }
}

extension ObjectFile: Hashable {
    package static func == (left: ObjectFile, right: ObjectFile) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
