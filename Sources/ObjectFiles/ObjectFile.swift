package import ProfileModel
internal import Synchronization
package import SystemSupport

/// An ELF file that a process executes: its segments, its sections and its function symbols.
package final class ObjectFile: Sendable {
    package let id: ObjectID
    /// As the target names it.
    package let path: String
    let elf: ElfFile
    let debugFiles: DebugFileSearch?
    private let observer: (any ReadObserver)?
    private let names = Mutex(Names())
    private let linkageTable = Mutex<Linkage?>(nil)
    private let goTable = Mutex<GoTable?>(nil)
    private let download = Mutex(Download.notAsked)

    /// The symbols, as far as they have been asked for.
    private struct Names {
        var whole: (table: SymbolTable, defect: ObjectFileError?)?
        /// What names a few addresses, while the whole table isn't known.
        var parts: [Set<FileAddress>: SymbolTable] = [:]
    }

    /// The procedure linkage table, once it has been asked for.
    private struct Linkage {
        /// `nil` where there is none.
        let table: LinkageTable?
    }

    /// The debug file that came from a server.
    private enum Download {
        case notAsked
        case none
        case file(ElfFile)
    }

    /// A Go program's function table, once it has been asked for.
    private typealias GoTable = Result<GoFunctionTable?, ObjectFileError>

    /// Reads the headers of an open file.
    ///
    /// - Parameters:
    ///   - debugFiles: where its separate debug file may be; without it, there is none.
    ///   - budget: what this file may cost together with the others that share it.
    package init(
        id: ObjectID, path: String, descriptor: consuming OwnedDescriptor, debugFiles: (any DebugFileSource)? = nil,
        budget: ParsingBudget = ParsingBudget()
    ) throws(ObjectFileError) {
        elf = try ElfFile(path: path, descriptor: descriptor, budget: budget)
        self.id = id
        self.path = path
        self.debugFiles = debugFiles.map { DebugFileSearch(in: $0, of: id) }
        observer = nil
    }

    /// Reads the headers of an object file that exists only in memory: the vDSO, copied from a process.
    ///
    /// - Parameters:
    ///   - budget: what this file may cost together with the others that share it.
    ///   - observer: is called with what is read after the headers.
    package init(
        id: ObjectID, path: String, image: [UInt8], budget: ParsingBudget = ParsingBudget(),
        observer: (any ReadObserver)? = nil
    ) throws(ObjectFileError) {
        elf = try ElfFile(path: path, copy: image, budget: budget)
        self.id = id
        self.path = path
        debugFiles = nil
        self.observer = observer
    }

    package var budget: ParsingBudget { elf.budget }
    package var buildID: BuildID? { elf.buildID }
    /// The header's `e_machine`, such as 62 for x86-64.
    package var machine: UInt16 { elf.machine }
    package var isPositionIndependent: Bool { elf.isPositionIndependent }
    /// The header's `e_entry`: where a program, or a loader, begins; 0 in most libraries.
    package var entryPoint: FileAddress { elf.entryPoint }
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
        guard let position = elf.filePosition(of: address) else { return 0 }
        let count = Int(min(position.count, UInt64(buffer.count)))
        observer?.willRead(position.offset..<position.offset &+ UInt64(count))
        // Safe: `count` is no more than the buffer holds.
        let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        return unsafe elf.readCached(at: position.offset, into: part)
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

    /// Up to `count` bytes of a section as the file stores them, at an offset in it; fewer at its end.
    package func storedBytes(of section: Section, at offset: UInt64, count: Int) -> [UInt8] {
        observer?.willRead(section.fileRange)
        return elf.cachedBytes(of: section, at: offset, count: count)
    }

    /// The function symbols, of this file and of its separate debug file; read at the first call.
    package func symbols() -> SymbolTable { names.withLock { wholeTable(&$0).table } }

    /// Where symbols of some names are defined, functions as well as variables, in the order of the tables; at most 256.
    ///
    /// A file without any of them costs one pass over the names of its symbols. The tables of its separate debug file are
    /// searched, too, where its own have one of them.
    ///
    /// - Parameter functions: those of which also the parts are wanted that compilers split off, `name.cold` or `name.part.0`.
    package func definitions(
        ofSymbols names: [String], andPartsOf functions: [String] = []
    ) throws(ObjectFileError) -> [SymbolDefinition] {
        let search = SymbolNameSearch(names: names, functions: functions)
        willReadSymbols()
        let own = try search.definitions(in: SymbolTable.ownSources(of: elf))
        guard !own.isEmpty else { return [] }
        // What another file has is of use, but not needed.
        let others = try? search.definitions(in: SymbolTable.otherSources(of: elf, separateFile: separateFile))
        return search.distinct(own + (others ?? []))
    }

    /// Why symbols that the file claims, or all of them, are not in `symbols()`.
    package var symbolDefect: ObjectFileError? { names.withLock { wholeTable(&$0).defect } }

    /// The functions that Go's runtime knows; `nil` where the file has no table of them, or one that can't be read.
    package var goFunctions: GoFunctionTable? { try? knownGoTable.get() }

    /// Why the functions of a Go program are not in `goFunctions`.
    package var goDefect: ObjectFileError? { if case .failure(let defect) = knownGoTable { defect } else { nil } }

    /// Whether Go's linker made it.
    package var isGo: Bool {
        GoTableSearch.sectionNames.contains { elf.section(named: $0) != nil } || goFunctions != nil
    }

    private var knownGoTable: GoTable {
        goTable.withLock { known in
            if let known { return known }
            let table = GoTable { () throws(ObjectFileError) in try GoFunctionTable(of: elf, observer: observer) }
            known = table
            return table
        }
    }

    /// The function that `address` belongs to, or the entry of a procedure linkage table, as `name@plt`.
    package func symbol(containing address: FileAddress) -> Symbol? {
        let symbol = tableSymbol(containing: address).map { symbol in
            symbol.hasCallingConvention && isGo ? symbol.withoutCallingConvention : symbol
        }
        if let symbol, symbol.isSized { return symbol }
        if let found = goFunctions?.function(covering: address).flatMap(Symbol.init(_:)) ?? symbol { return found }
        return linkage()?.symbol(containing: address) { place in
            tableSymbol(containing: place).flatMap { $0.address == place ? $0.name : nil }
        }
    }

    /// Has servers asked for the debug file, once, where there is no debug information.
    ///
    /// It takes as long as a download takes. What came gives names, lines and inlined calls from then on.
    package func downloadDebugFile() {
        guard let debugFiles, debugFiles.hasServers, let buildID else { return }
        let isFirst = download.withLock { state in
            guard case .notAsked = state else { return false }
            state = .none
            return true
        }
        // Go's own table has no less.
        guard isFirst, !isGo, debugFile() == nil, let file = debugFiles.downloaded(buildID, budget) else { return }
        download.withLock { $0 = .file(file) }
        names.withLock { $0 = Names() }
    }

    /// The file that was split off this one: from a server, or from a directory.
    func separateFile() -> ElfFile? {
        if case .file(let file) = download.withLock(\.self) { return file }
        return debugFiles?.debugFile(of: elf)
    }

    private func linkage() -> LinkageTable? {
        linkageTable.withLock { known in
            if let known { return known.table }
            let table = LinkageTable(of: elf)
            known = Linkage(table: table)
            return table
        }
    }

    private func tableSymbol(containing address: FileAddress) -> Symbol? {
        names.withLock { names in
            let part = names.whole == nil ? names.parts.first { $0.key.contains(address) }?.value : nil
            return (part ?? wholeTable(&names).table).symbol(containing: address)
        }
    }

    /// Reads what is needed to name a few addresses, in less time and memory than all symbols need.
    ///
    /// - Parameter others: further addresses, asked for where it isn't cheaper to read all symbols.
    package func prepareSymbols(for addresses: Set<FileAddress>, and others: () -> [FileAddress] = { [] }) {
        names.withLock { names in
            guard names.whole == nil, addresses.count <= Self.fewAddresses, names.parts.count < Self.maximumParts else {
                return
            }
            let all = addresses.union(others())
            names.parts[all] = readSymbols(for: all.map(\.rawValue)).table
        }
    }

    private func wholeTable(_ names: inout Names) -> (table: SymbolTable, defect: ObjectFileError?) {
        if let known = names.whole { return known }
        let read = readSymbols(for: nil)
        names.whole = read
        names.parts = [:]
        return read
    }

    private func readSymbols(for addresses: [UInt64]?) -> (table: SymbolTable, defect: ObjectFileError?) {
        willReadSymbols()
        var defect: ObjectFileError?
        do throws(ObjectFileError) {
            let table = try SymbolTable(of: elf, separateFile: separateFile, for: addresses, defect: &defect)
            return (table, defect)
        } catch {
            return (SymbolTable(), error)
        }
    }

    private func willReadSymbols() {
        guard let observer else { return }
        elf.sections.filter(\.isForSymbols).forEach { observer.willRead($0.fileRange) }
    }

    /// Where reading all symbols costs as much as deciding for each whether it names an address.
    private static let fewAddresses = 64
    private static let maximumParts = 4
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
