internal import CElf
internal import Glibc
internal import ProfileModel
internal import SystemSupport

/// The procedure linkage tables of a file: stubs through which it calls functions of others.
///
/// A stub has no symbol. It jumps through a slot, and the slot's relocation names the function.
struct LinkageTable: Sendable {
    private let elf: ElfFile
    /// Where the tables are; `nil` in a file without section headers.
    private let tables: [Range<UInt64>]?
    private let relocations: Relocations
    private let names: DynamicNames?

    /// `nil` where the file has no such calls.
    init?(of elf: ElfFile) {
        let tables = elf.sections.filter { Self.sectionNames.contains($0.name) && $0.isExecutable }
            .compactMap { section in section.end.map { section.address.rawValue..<max(section.address.rawValue, $0) } }
        guard elf.machine == UInt16(EM_X86_64), elf.sections.isEmpty || !tables.isEmpty else { return nil }
        let dynamic = DynamicSection(of: elf)
        guard let relocations = Relocations(of: elf, dynamic) else { return nil }
        self.elf = elf
        self.tables = elf.sections.isEmpty ? nil : tables
        self.relocations = relocations
        names = dynamic.flatMap { DynamicNames($0, elf) }
    }

    /// - Parameter resolver: the name of the function that chooses an implementation (`STT_GNU_IFUNC`), by address.
    func symbol(containing address: FileAddress, resolver: (FileAddress) -> String?) -> Symbol? {
        if let tables, !tables.contains(where: { $0.contains(address.rawValue) }) { return nil }
        guard let stub = LinkageStub(around: address.rawValue, read: code), let relocation = relocation(of: stub),
            let name = relocation.isIndirect
                ? resolver(FileAddress(rawValue: UInt64(bitPattern: relocation.addend)))
                : names?.name(ofSymbol: relocation.symbol)
        else { return nil }
        return Symbol(name: name + "@plt", address: FileAddress(rawValue: stub.start), size: stub.size)
    }

    private func relocation(of stub: LinkageStub) -> Relocations.Item? {
        switch stub.target {
        case .slot(let slot):
            // Without sections, only a slot that nothing but a linkage table uses distinguishes a stub from a tail call.
            guard let found = relocations.item(at: slot), tables != nil || found.isForLinkage else { return nil }
            return found
        case .relocation(let index, let resolver):
            return LinkageStub.isResolver(code(resolver, 16)) ? relocations.linkageItem(index) : nil
        }
    }

    private func code(_ address: UInt64, _ count: Int) -> [UInt8] {
        elf.cachedBytes(at: FileAddress(rawValue: address), count: count)
    }

    private static let sectionNames: Set = [".plt", ".plt.sec", ".plt.got", ".plt.bnd", ".iplt"]
}

/// The relocations of the slots through which linkage tables jump.
private struct Relocations: Sendable {
    struct Item: Sendable {
        let slot: UInt64
        let symbol: UInt32
        let addend: Int64
        /// `R_X86_64_IRELATIVE`: the addend is the address of a function that gives the slot's value.
        let isIndirect: Bool
        /// Whether it is in the table of `R_X86_64_JUMP_SLOT`.
        let isForLinkage: Bool

        /// `nil` outside of that table for what is not about a slot.
        init?(_ relocation: Elf64_Rela, isForLinkage: Bool) {
            let type = Int32(truncatingIfNeeded: relocation.r_info)
            isIndirect = type == R_X86_64_IRELATIVE
            guard isForLinkage || isIndirect || type == R_X86_64_GLOB_DAT else { return nil }
            slot = relocation.r_offset
            symbol = UInt32(truncatingIfNeeded: relocation.r_info >> 32)
            addend = relocation.r_addend
            self.isForLinkage = isForLinkage
        }
    }

    /// In the table's own order.
    private let linkage: [Item]
    /// In the order of `slot`.
    private let ordered: [Item]
    private let reservation: MemoryReservation

    init?(of elf: ElfFile, _ dynamic: DynamicSection?) {
        guard let reservation = try? elf.budget.reserve(0) else { return nil }
        let linkage = Self.linkageTable(of: elf, dynamic)
            .map { Self.items(at: $0, isForLinkage: true, elf, reservation) }
        var others: [Item] = []
        if let dynamic, let start = dynamic.address(DT_RELA), let size = dynamic[DT_RELASZ] {
            // Those that only add the bias come first, and are most of them.
            let skipped = min((dynamic[DT_RELACOUNT] ?? 0) &* UInt64(Self.stride), size)
            let rest = (FileAddress(rawValue: start.rawValue &+ skipped), size - skipped)
            others = Self.items(at: rest, isForLinkage: false, elf, reservation)
        }
        self.linkage = linkage ?? []
        ordered = (self.linkage + others).sorted { $0.slot < $1.slot }
        self.reservation = reservation
        if ordered.isEmpty { return nil }
    }

    /// The one for a slot.
    func item(at slot: UInt64) -> Item? {
        let index = ordered.partitionPoint { $0.slot < slot }
        return index < ordered.count && ordered[index].slot == slot ? ordered[index] : nil
    }

    /// The one of an index in the table that `DT_JMPREL` names.
    func linkageItem(_ index: UInt64) -> Item? {
        guard let index = Int(exactly: index), linkage.indices.contains(index) else { return nil }
        return linkage[index]
    }

    private static func linkageTable(of elf: ElfFile, _ dynamic: DynamicSection?) -> (FileAddress, UInt64)? {
        if let dynamic {
            guard dynamic[DT_PLTREL] == UInt64(DT_RELA), let start = dynamic.address(DT_JMPREL),
                let size = dynamic[DT_PLTRELSZ]
            else { return nil }
            return (start, size)
        }
        // Statically linked: the program applies them itself.
        return elf.section(named: ".rela.plt").map { ($0.address, $0.size) }
    }

    /// The relocations of a table, whatever they are for where it is that of linkage; of others, those of slots.
    private static func items(
        at table: (start: FileAddress, size: UInt64), isForLinkage: Bool, _ elf: ElfFile,
        _ reservation: MemoryReservation
    ) -> [Item] {
        let count = table.size / UInt64(stride)
        guard count <= maximumCount, (try? elf.budget.spend(Int(count), .entries)) != nil else { return [] }
        var items: [Item] = []
        var next: UInt64 = 0
        while next < count {
            let wanted = Int(min(count - next, chunk))
            let place = FileAddress(rawValue: table.start.rawValue &+ next * UInt64(stride))
            let bytes = elf.cachedBytes(at: place, count: wanted * stride)
            let found = (0..<wanted).compactMap { index in
                bytes.value(of: Elf64_Rela.self, at: index * stride).flatMap { Item($0, isForLinkage: isForLinkage) }
            }
            // Once in the table's order, and once in that of the slots.
            guard !bytes.isEmpty, (try? reservation.grow(by: 2 * found.count * MemoryLayout<Item>.stride)) != nil else {
                break
            }
            items += found
            next += UInt64(wanted)
        }
        return items
    }

    private static let stride = MemoryLayout<Elf64_Rela>.stride
    /// Relocations that are read at a time.
    private static let chunk: UInt64 = 1024
    /// Chromium's libraries have some hundred thousand.
    private static let maximumCount: UInt64 = 1 << 22
}

/// The names of dynamic symbols by index, found without section headers.
private struct DynamicNames: Sendable {
    private let elf: ElfFile
    private let symbols: FileAddress
    private let names: FileAddress
    private let namesSize: UInt64

    init?(_ dynamic: DynamicSection, _ elf: ElfFile) {
        guard let symbols = dynamic.address(DT_SYMTAB), let names = dynamic.address(DT_STRTAB),
            let size = dynamic[DT_STRSZ]
        else { return nil }
        self.elf = elf
        self.symbols = symbols
        self.names = names
        namesSize = size
    }

    func name(ofSymbol index: UInt32) -> String? {
        let stride = MemoryLayout<Elf64_Sym>.stride
        let place = FileAddress(rawValue: symbols.rawValue &+ UInt64(index) * UInt64(stride))
        guard index > 0, let symbol = elf.cachedBytes(at: place, count: stride).value(of: Elf64_Sym.self, at: 0),
            UInt64(symbol.st_name) < namesSize
        else { return nil }
        let start = FileAddress(rawValue: names.rawValue &+ UInt64(symbol.st_name))
        let name = elf.cachedBytes(at: start, count: Self.maximumLength).prefix { $0 != 0 }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    private static let maximumLength = 4096
}
