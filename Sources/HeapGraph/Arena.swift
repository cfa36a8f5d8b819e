internal import ProfileModel

/// An arena of glibc's allocator, as it was when it was read.
struct Arena: Equatable {
    let address: UInt64
    let layout: ArenaLayout
    let isMain: Bool
    let top: UInt64
    let next: UInt64
    /// Bytes that it has from the system.
    let systemMemory: UInt64
    /// Whether its memory has no gaps: the main arena's usually hasn't.
    let isContiguous: Bool

    var range: Range<UInt64> { address..<address &+ layout.size }

    /// Before its first allocation, its top is a bin.
    var isUnused: Bool { top == address &+ layout.bins &- Chunk.header }

    /// Reads an arena's members; `nil` where they can't be those of one.
    init?(at address: UInt64, _ layout: ArenaLayout, isMain: Bool, _ word: (UInt64) -> UInt64?) {
        guard let top = word(address &+ layout.top), top & 15 == 0, top != 0,
            let next = word(address &+ layout.next), next & 7 == 0, next != 0,
            let systemMemory = word(address &+ layout.systemMemory), systemMemory & (PageSize.bytes - 1) == 0,
            let maximum = word(address &+ layout.maximumSystemMemory), maximum >= systemMemory, maximum < 1 << 47,
            let state = word(address)
        else { return nil }
        (self.address, self.layout, self.isMain) = (address, layout, isMain)
        (self.top, self.next, self.systemMemory) = (top, next, systemMemory)
        isContiguous = state >> 32 & 2 == 0
    }

    /// How many of its bins are consistent: empty ones point to themselves, and the chunks in others point back.
    func consistentBins(_ reader: inout WordReader) -> Int {
        (0..<ArenaLayout.binCount).count { index in
            let place = address &+ layout.bins &+ UInt64(index) * 16
            let bin = place &- Chunk.header
            guard let first = reader.word(at: place), let last = reader.word(at: place &+ 8) else { return false }
            if first == bin || last == bin { return first == last }
            return reader.word(at: first &+ 24) == bin && reader.word(at: last &+ 16) == bin
        }
    }
}

/// Finds glibc's arenas without symbols: by what the allocator keeps true of them.
struct ArenaSearch {
    private let mapped: MappedMemory
    private let progress: () -> Void

    /// Bytes of writable files' mappings that are searched.
    private static let searchLimit: UInt64 = 512 << 20
    private static let arenaLimit = 4096
    /// Half of them: of a busy arena, many are changing while they are read.
    ///
    /// Nothing else has a dozen.
    private static let requiredBins = ArenaLayout.binCount / 2

    init(_ mapped: MappedMemory, progress: @escaping () -> Void) {
        self.mapped = mapped
        self.progress = progress
    }

    /// The rings of arenas, the main arena of each first: one for each copy of the library.
    func rings(_ reader: inout WordReader) -> [[Arena]] {
        var rings: [[Arena]] = []
        var left = Self.searchLimit
        for area in areas where area.count <= left {
            left -= UInt64(area.count)
            for main in mainArenas(in: area, &reader) {
                guard !rings.contains(where: { $0.contains { $0.address == main.address } }) else { continue }
                if let ring = ring(of: main, &reader) { rings.append(ring) }
            }
            // A library's is found before the rest is searched, for which there is no reason then.
            if !rings.isEmpty { break }
        }
        return rings
    }

    /// Writable mappings of files with the anonymous memory behind them, those of the C library first.
    private var areas: [Range<UInt64>] {
        var areas: [(isLibrary: Bool, range: Range<UInt64>)] = []
        for (index, range) in mapped.ranges.enumerated() {
            guard let path = range.path, range.isWritable, range.isReadable, !range.isShared else { continue }
            var end = range.end.rawValue
            for next in mapped.ranges[(index + 1)...] {
                guard next.start.rawValue == end, next.isWritable, next.content == .anonymous else { break }
                end = next.end.rawValue
            }
            let name = path.split(separator: "/").last ?? ""
            areas.append((name.hasPrefix("libc.") || name.hasPrefix("libc-"), range.start.rawValue..<end))
        }
        return areas.filter(\.isLibrary).map(\.range) + areas.filter { !$0.isLibrary }.map(\.range)
    }

    private func mainArenas(in area: Range<UInt64>, _ reader: inout WordReader) -> [Arena] {
        var piece = MemoryPiece(capacity: 1 << 20)
        var found: [Arena] = []
        var place = area.lowerBound
        while place < area.upperBound {
            progress()
            piece.read(at: place, bytes: area.upperBound - place, from: reader.memory)
            guard piece.count > 0 else { break }
            for address in stride(from: piece.start, to: piece.end, by: 8) {
                if let arena = mainArena(at: address, piece, &reader) { found.append(arena) }
            }
            guard piece.end < area.upperBound else { break }
            place = max(place + PageSize.bytes, piece.end - PageSize.floor(ArenaLayout.largest) - PageSize.bytes)
        }
        return found
    }

    private func mainArena(at address: UInt64, _ piece: MemoryPiece, _ reader: inout WordReader) -> Arena? {
        for layout in ArenaLayout.all {
            guard let arena = Arena(at: address, layout, isMain: true, piece.word), mayBeMain(arena),
                arena.consistentBins(&reader) >= Self.requiredBins
            else { continue }
            return arena
        }
        return nil
    }

    private func mayBeMain(_ arena: Arena) -> Bool {
        arena.isUnused == (arena.systemMemory == 0)
            && (arena.next == arena.address || mapped.isWritable(arena.next))
    }

    /// All arenas, from the main one on; `nil` where they are no ring.
    private func ring(of main: Arena, _ reader: inout WordReader) -> [Arena]? {
        var ring = [main]
        var next = main.next
        while next != main.address {
            guard ring.count < Self.arenaLimit,
                let arena = Arena(at: next, main.layout, isMain: false, { reader.word(at: $0) })
            else { return nil }
            ring.append(arena)
            next = arena.next
        }
        return Set(ring.map(\.address)).count == ring.count ? ring : nil
    }
}
