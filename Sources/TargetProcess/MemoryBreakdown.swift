package import ProcFS
package import ProfileModel
internal import SystemSupport

/// What memory is used for, as far as the kernel's names and the threads' stack pointers show.
package enum MemoryKind: String, CaseIterable, Sendable {
    /// What brk(2) gives, `[heap]`: the C library's main arena.
    case heap
    /// Memory of mmap(2) that no file backs: further arenas, large blocks, the heaps of runtimes.
    case anonymous
    case stacks
    /// Programs, libraries and mapped files.
    case file
    /// Memory that processes share: shm_open(3), memfd_create(2), shmget(2), shared anonymous mappings.
    case shared
    /// The same where this process alone maps what of it is in RAM.
    case ownShared = "own_shared"
    /// Pages of hugetlbfs, which are in no resident size.
    case hugeTLB = "hugetlb"
    /// `[vdso]`, `[vvar]` and the like.
    case kernel
    /// Files of memfd_create(2), and unlinked files of a tmpfs, that are held by descriptors, as far as they aren't mapped.
    case memoryFiles = "memfd"
    case pageTables = "page_tables"

    /// As texts have it.
    package var words: String { rawValue.replacing("_", with: " ") }
}

/// Ranges of an address space that belong together: all of a file, or neighbouring ones that no file backs; or memory that
/// isn't mapped.
package struct MemoryRegion: Sendable {
    package let kind: MemoryKind
    /// A file's path, `[heap]` and the like, or empty.
    package let name: String
    /// Whose stack it is.
    package let thread: ThreadID?
    /// From the first range's start to the last one's end; `nil` for what isn't mapped.
    package fileprivate(set) var addresses: Range<Address>?
    package fileprivate(set) var amount: MemoryAmount
    package fileprivate(set) var mappings = 1

    /// Whether all of its name is one region.
    var isJoinedByName: Bool {
        switch kind {
        case .file, .shared, .ownShared, .hugeTLB: !name.isEmpty
        case .memoryFiles, .pageTables: true
        case .heap, .anonymous, .stacks, .kernel: false
        }
    }

    fileprivate static func unmapped(_ kind: MemoryKind, _ name: String, _ bytes: UInt64) -> MemoryRegion {
        var amount = MemoryAmount()
        amount.unmapped = bytes
        return MemoryRegion(kind: kind, name: name, thread: nil, addresses: nil, amount: amount, mappings: 0)
    }
}

/// Where the memory of a process is.
package struct MemoryBreakdown: Sendable {
    /// In ascending order of the first address; then what isn't mapped.
    package private(set) var regions: [MemoryRegion] = []

    /// - Parameters:
    ///   - stackPointers: Of the threads, as far as they are known.
    ///   - pageTables: Bytes.
    ///   - files: Those in memory that the process holds.
    package init(
        _ smaps: Smaps, stackPointers: [ThreadID: Address], pageTables: UInt64 = 0, files: [MemoryFile] = []
    ) {
        let stacks = stackPointers.sorted { $0.value < $1.value }
        var names: [String: Int] = [:]
        let shared = smaps.sharedMemory(files: files)
        for region in smaps.entries.flatMap({ Self.regions(of: $0, stacks, shared) }) {
            if let known = place(for: region, &names) {
                regions[known].join(region)
            } else {
                regions.append(region)
            }
        }
        for file in files.compactMap({ $0.unmapped(in: shared) }) {
            regions.append(.unmapped(.memoryFiles, file.name, file.bytes))
        }
        if pageTables > 0 { regions.append(.unmapped(.pageTables, "page tables", pageTables)) }
    }

    package var total: MemoryAmount { Self.sum(regions) }

    package func amount(of kind: MemoryKind) -> MemoryAmount { Self.sum(regions.filter { $0.kind == kind }) }

    private static func sum(_ regions: [MemoryRegion]) -> MemoryAmount {
        regions.reduce(into: MemoryAmount()) { $0 += $1.amount }
    }

    /// One; two of a private mapping of shared memory that was written to in part.
    private static func regions(
        of entry: Smaps.Entry, _ stacks: [(key: ThreadID, value: Address)],
        _ shared: [SharedMemoryUse.Key: SharedMemoryUse]
    ) -> [MemoryRegion] {
        let mapping = entry.mapping
        let thread = mapping.name.isEmpty ? owner(of: mapping, stacks) : nil
        func region(_ kind: MemoryKind, _ amount: MemoryAmount) -> MemoryRegion {
            MemoryRegion(
                kind: kind, name: mapping.name, thread: thread, addresses: mapping.start..<mapping.end, amount: amount)
        }
        let kind = thread == nil ? kind(of: entry, shared) : .stacks
        guard [.shared, .ownShared].contains(kind), let copies = entry.privateCopies else {
            return [region(kind, entry.amount)]
        }
        let rest = entry.withoutPrivateCopies
        return [region(.anonymous, copies)] + (rest.resident > 0 ? [region(kind, rest)] : [])
    }

    /// The thread whose stack pointer is in a range.
    private static func owner(
        of mapping: MemoryMapping, _ stacks: [(key: ThreadID, value: Address)]
    ) -> ThreadID? {
        let index = stacks.partitionPoint { $0.value < mapping.start }
        guard index < stacks.count, mapping.contains(stacks[index].value) else { return nil }
        return stacks[index].key
    }

    private static func kind(
        of entry: Smaps.Entry, _ shared: [SharedMemoryUse.Key: SharedMemoryUse]
    ) -> MemoryKind {
        let name = entry.mapping.name
        if entry.amount.pageSize > pageBytes { return .hugeTLB }
        if let memory = entry.sharedMemory { return shared[memory]?.isUnshared == true ? .ownShared : .shared }
        if name == "[heap]" { return .heap }
        if name.hasPrefix("[stack") { return .stacks }
        if name.hasPrefix("[anon") || name.isEmpty { return .anonymous }
        return name.hasPrefix("[") ? .kernel : .file
    }

    /// The region that a further one belongs to.
    private func place(for region: MemoryRegion, _ names: inout [String: Int]) -> Int? {
        if region.isJoinedByName {
            let key = "\(region.kind.rawValue) \(region.name)"
            if let known = names[key] { return known }
            names[key] = regions.count
            return nil
        }
        guard let last = regions.last, region.kind == .anonymous, last.kind == .anonymous, last.name == region.name,
            let end = last.addresses?.upperBound, end == region.addresses?.lowerBound
        else { return nil }
        return regions.count - 1
    }
}

extension MemoryRegion {
    fileprivate mutating func join(_ other: MemoryRegion) {
        if let own = addresses, let added = other.addresses {
            addresses = own.lowerBound..<max(own.upperBound, added.upperBound)
        }
        amount += other.amount
        mappings += other.mappings
    }
}
