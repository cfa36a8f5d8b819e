internal import ProfileModel
internal import SystemSupport

/// Where references to a heap's blocks can be: all memory that a process can write to, but for the heap itself.
struct Roots {
    private let memory: any HeapMemory
    private let mapped: MappedMemory
    private let progress: () -> Void
    /// In ascending order; no two overlap.
    private var excluded: [Range<UInt64>]
    private(set) var searchedBytes: UInt64 = 0
    private(set) var losses = HeapLosses()
    private var piece = MemoryPiece(capacity: 1 << 20)

    /// - Parameter stackPointers: of threads that sleep; what is below them holds nothing.
    init(_ reader: HeapReader, _ heap: Heap, stackPointers: [UInt64]) {
        (memory, mapped, progress) = (reader.memory, reader.mapped, reader.progress)
        let blocks = heap.blocks.regions.map { $0.start..<$0.end }
        let unused = Self.unusedStacks(below: stackPointers, in: reader.mapped)
        excluded = Self.joined(heap.ownMemory + blocks + unused)
    }

    private static func joined(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
        var joined: [Range<UInt64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = joined.last, last.upperBound >= range.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }

    /// The parts of stacks that are below the pointer of the only thread there.
    ///
    /// Memory without a guard before it may belong to a stack and to something else.
    private static func unusedStacks(below pointers: [UInt64], in mapped: MappedMemory) -> [Range<UInt64>] {
        var lowest: [UInt64: UInt64] = [:]
        for pointer in pointers {
            guard let range = mapped.range(containing: pointer) else { continue }
            lowest[range.start.rawValue] = min(pointer, lowest[range.start.rawValue] ?? .max)
        }
        return mapped.ranges.indices.compactMap { index in
            let range = mapped.ranges[index]
            let before = index > 0 ? mapped.ranges[index - 1] : nil
            let hasGuard = before.map { $0.end == range.start && !$0.isReadable && !$0.isWritable } ?? false
            guard let pointer = lowest[range.start.rawValue], range.content == .stack || hasGuard,
                pointer &- NativeRegisters.redZone > range.start.rawValue, pointer >= NativeRegisters.redZone
            else { return nil }
            return range.start.rawValue..<(pointer - NativeRegisters.redZone) & ~7
        }
    }

    /// Gives each piece of memory that may hold references.
    mutating func search(_ body: (MemoryPiece) -> Void) {
        searchedBytes = 0
        losses = HeapLosses()
        for range in mapped.ranges { search(range, body) }
    }

    private mutating func search(_ range: MappedRange, _ body: (MemoryPiece) -> Void) {
        let bytes = range.start.rawValue..<range.end.rawValue
        let pages = RootPages(memory: memory, progress: progress)
        guard range.byteCount <= RootPages.largestRange else {
            if range.isReadable { losses.note(.unreadable, bytes: range.byteCount) }
            return
        }
        switch RootKind(range) {
        case .nothing: return
        case .device: losses.note(.device, bytes: range.byteCount)
        case .all: search(bytes, body)
        case .present: for part in pages.presentParts(of: bytes) { search(part, body) }
        case .copied: for part in pages.copiedParts(of: bytes) { search(part, body) }
        }
    }

    private mutating func search(_ range: Range<UInt64>, _ body: (MemoryPiece) -> Void) {
        var place = range.lowerBound
        var index = excluded.partitionPoint { $0.upperBound <= place }
        while place < range.upperBound {
            let next = index < excluded.count ? excluded[index] : range.upperBound..<range.upperBound
            read(place..<max(place, min(next.lowerBound, range.upperBound)), body)
            place = max(place, next.upperBound)
            index += 1
            if next.isEmpty { return }
        }
    }

    /// Gives memory piece by piece, and counts pages that can't be read.
    mutating func read(_ range: Range<UInt64>, _ body: (MemoryPiece) -> Void) {
        var place = range.lowerBound
        while place < range.upperBound {
            progress()
            piece.read(at: place, bytes: range.upperBound - place, from: memory)
            if piece.count > 0 { body(piece) }
            searchedBytes &+= piece.end - place
            place = piece.end
            guard piece.count * 8 < min(piece.capacity, Int(range.upperBound - piece.start)) else { continue }
            losses.note(.unreadable, bytes: PageSize.bytes)
            place = PageSize.floor(place) + PageSize.bytes
        }
    }
}

/// Which pages of a mapping may hold references.
private enum RootKind {
    case nothing
    case device
    case all
    /// Those that are in memory, or swapped out.
    case present
    /// Those that the process has copied by writing to them.
    case copied

    init(_ range: MappedRange) {
        switch range.content {
        case .vdso: self = .nothing
        case .named(let name) where !name.hasPrefix("[anon"): self = .nothing
        case .anonymous, .heap, .stack, .named: self = range.isShared ? .all : .present
        case .file(let path, _):
            let isInMemory = ["/dev/shm/", "/dev/zero", "/memfd:", "/SYSV"].contains { path.hasPrefix($0) }
            if !isInMemory, path.hasPrefix("/dev/") {
                self = .device
            } else if range.isShared {
                // What was never in memory since it was mapped holds no reference to this process's heap.
                self = isInMemory ? .all : range.isWritable ? .present : .nothing
            } else {
                self = .copied
            }
        }
    }
}
