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
    /// `[vdso]`, `[vvar]` and the like.
    case kernel
}

/// Ranges of an address space that belong together: all of a file, or neighbouring ones that no file backs.
package struct MemoryRegion: Sendable {
    package let kind: MemoryKind
    /// A file's path, `[heap]` and the like, or empty.
    package let name: String
    /// Whose stack it is.
    package let thread: ThreadID?
    /// From the first range's start to the last one's end.
    package fileprivate(set) var addresses: Range<Address>
    package fileprivate(set) var amount: MemoryAmount
    package fileprivate(set) var mappings = 1
}

/// Where the memory of a process is.
package struct MemoryBreakdown: Sendable {
    /// In ascending order of the first address.
    package private(set) var regions: [MemoryRegion] = []

    /// - Parameter stackPointers: Of the threads, as far as they are known.
    package init(_ smaps: Smaps, stackPointers: [ThreadID: Address]) {
        let stacks = stackPointers.sorted { $0.value < $1.value }
        var files: [String: Int] = [:]
        for entry in smaps.entries {
            let region = Self.region(of: entry, stacks)
            if let known = place(for: region, &files) {
                regions[known].join(region)
            } else {
                regions.append(region)
            }
        }
    }

    package var total: MemoryAmount { Self.sum(regions) }

    package func amount(of kind: MemoryKind) -> MemoryAmount { Self.sum(regions.filter { $0.kind == kind }) }

    private static func sum(_ regions: [MemoryRegion]) -> MemoryAmount {
        regions.reduce(into: MemoryAmount()) { $0 += $1.amount }
    }

    private static func region(of entry: Smaps.Entry, _ stacks: [(key: ThreadID, value: Address)]) -> MemoryRegion {
        let mapping = entry.mapping
        let thread = mapping.name.isEmpty ? owner(of: mapping, stacks) : nil
        return MemoryRegion(
            kind: thread == nil ? kind(of: mapping) : .stacks, name: mapping.name, thread: thread,
            addresses: mapping.start..<mapping.end, amount: entry.amount)
    }

    /// The thread whose stack pointer is in a range.
    private static func owner(
        of mapping: MemoryMapping, _ stacks: [(key: ThreadID, value: Address)]
    ) -> ThreadID? {
        let index = stacks.partitionPoint { $0.value < mapping.start }
        guard index < stacks.count, mapping.contains(stacks[index].value) else { return nil }
        return stacks[index].key
    }

    private static func kind(of mapping: MemoryMapping) -> MemoryKind {
        let name = mapping.name
        if name == "[heap]" { return .heap }
        if name.hasPrefix("[stack") { return .stacks }
        if name.hasPrefix("[anon") { return name.hasPrefix("[anon_shmem") ? .shared : .anonymous }
        if name.hasPrefix("[") { return .kernel }
        if name.isEmpty { return mapping.permissions.contains(.shared) ? .shared : .anonymous }
        let sharedPlaces = ["/dev/shm/", "/memfd:", "/SYSV", "/dev/zero"]
        return sharedPlaces.contains { name.hasPrefix($0) } ? .shared : .file
    }

    /// The region that a further one belongs to.
    private func place(for region: MemoryRegion, _ files: inout [String: Int]) -> Int? {
        if region.kind == .file || region.kind == .shared, !region.name.isEmpty {
            if let known = files[region.name] { return known }
            files[region.name] = regions.count
            return nil
        }
        guard let last = regions.last, region.kind == .anonymous, last.kind == .anonymous, last.name == region.name,
            last.addresses.upperBound == region.addresses.lowerBound
        else { return nil }
        return regions.count - 1
    }
}

extension MemoryRegion {
    fileprivate mutating func join(_ other: MemoryRegion) {
        addresses = addresses.lowerBound..<max(addresses.upperBound, other.addresses.upperBound)
        amount += other.amount
        mappings += other.mappings
    }
}
