internal import SystemSupport

/// The blocks of a heap in bits, one for each 16 bytes: where blocks begin, which are in use, which were reached.
///
/// A block's size is the distance to the next one. Four bits for 16 bytes are 3 % of the heap. Blocks that were mapped one by
/// one take a bit each.
struct HeapBlocks {
    /// Memory with blocks one behind the other, or with a single one that was mapped.
    struct Region {
        let start: UInt64
        /// Where the part ends that was walked.
        var end: UInt64
        /// The bit of its first block.
        let base: Int
        /// The index of its arena; `nil` for a block that was mapped.
        let arena: Int?
    }

    /// In ascending order.
    private(set) var regions: ContiguousArray<Region>
    /// Where blocks begin, among the bits.
    var starts: Bitmap
    var live: Bitmap
    var reached: Bitmap
    /// Those that were reached and whose contents were not.
    var pending: Bitmap
    let bitCount: Int
    /// From this bit on, a bit is a block that was mapped.
    let firstMapped: Int
    private var regionsByBit: ContiguousArray<Int>
    private let lowest: UInt64
    private let span: UInt64
    /// Bits of a region are multiples of this, so that a window belongs to one region.
    static let windowBits = 1 << 14
    static let granule = Chunk.alignment

    /// - Parameters:
    ///   - segments: start, limit and arena of memory with blocks one behind the other; no two overlap.
    ///   - mapped: start and end of blocks that were mapped.
    init(segments: [(range: Range<UInt64>, arena: Int)], mapped: [Range<UInt64>]) {
        var bit = 0
        var regions: ContiguousArray<Region> = []
        for (range, arena) in segments {
            regions.append(Region(start: range.lowerBound, end: range.upperBound, base: bit, arena: arena))
            bit += Self.bits(of: range)
        }
        firstMapped = bit
        for range in mapped {
            regions.append(Region(start: range.lowerBound, end: range.upperBound, base: bit, arena: nil))
            bit += 1
        }
        bitCount = bit
        starts = Bitmap(count: bit + 1)
        live = starts
        reached = starts
        pending = starts
        for index in firstMapped..<bit {
            starts.insert(index)
            live.insert(index)
        }
        regionsByBit = []
        regions.sort { $0.start < $1.start }
        regionsByBit = ContiguousArray(regions.indices.sorted { regions[$0].base < regions[$1].base })
        lowest = regions.first?.start ?? 0
        span = (regions.last?.end ?? 0) &- lowest
        self.regions = regions
    }

    /// How many bits memory takes.
    static func bits(of range: Range<UInt64>) -> Int {
        let bits = Int((range.upperBound - range.lowerBound) / granule) + 1
        return (bits + windowBits - 1) / windowBits * windowBits
    }

    /// The region of a bit.
    func region(ofBit bit: Int) -> Int {
        let next = regionsByBit.partitionPoint { regions[$0].base <= bit }
        return regionsByBit[max(0, next - 1)]
    }

    mutating func end(_ region: Int, at address: UInt64) { regions[region].end = address }

    func bit(of address: UInt64, in region: Int) -> Int {
        regions[region].base + Int((address - regions[region].start) / Self.granule)
    }

    /// Where a block begins: its chunk, with the header.
    func address(of bit: Int, in region: Int) -> UInt64 {
        bit >= firstMapped
            ? regions[region].start : regions[region].start + UInt64(bit - regions[region].base) * Self.granule
    }

    /// Where a block ends.
    func end(of bit: Int, in region: Int) -> UInt64 {
        guard bit < firstMapped else { return regions[region].end }
        let limit = self.bit(of: regions[region].end, in: region)
        guard let next = starts.next(from: bit + 1, to: limit) else { return regions[region].end }
        return address(of: next, in: region)
    }

    /// A block's own memory, with its header.
    func chunk(of bit: Int) -> Range<UInt64> {
        let region = region(ofBit: bit)
        return address(of: bit, in: region)..<end(of: bit, in: region)
    }

    /// What the program may use of a block: from behind its header to the end of the next one's first word, but where it was
    /// mapped alone.
    func memory(of bit: Int) -> Range<UInt64> {
        let region = region(ofBit: bit)
        let start = address(of: bit, in: region) + Chunk.header
        return start..<max(start, end(of: bit, in: region) + (bit < firstMapped ? 8 : 0))
    }

    /// Whether a region is a block that was mapped alone.
    func isMapped(_ region: Int) -> Bool { regions[region].arena == nil }

    /// The bits and regions of the blocks in use, in the order of their addresses.
    func forEachLive(_ body: (_ bit: Int, _ region: Int) -> Void) {
        for (index, region) in regions.enumerated() {
            let limit = isMapped(index) ? region.base + 1 : bit(of: region.end, in: index)
            var next = live.next(from: region.base, to: limit)
            while let bit = next {
                next = live.next(from: bit + 1, to: limit)
                body(bit, index)
            }
        }
    }

    /// The region that may hold a chunk at an address, by the one that the last address was in.
    func region(containing address: UInt64, near last: inout Int) -> Int? {
        guard address &- lowest < span else { return nil }
        if last < regions.count, regions[last].start <= address, address < regions[last].end { return last }
        let next = regions.partitionPoint { $0.start <= address }
        guard next > 0, address < regions[next - 1].end else { return nil }
        last = next - 1
        return last
    }

    /// The block in use that a pointer leads to, anywhere in its memory or just behind it.
    ///
    /// A program's memory begins behind the header, and has the first word of the next block's. What is just behind a block that
    /// was mapped is another mapping, and pointed to as such.
    func block(at pointer: UInt64, near last: inout Int) -> (bit: Int, region: Int)? {
        let address = pointer &- Chunk.header
        guard let region = region(containing: address, near: &last) else { return nil }
        if regions[region].arena == nil { return pointer < regions[region].end ? (regions[region].base, region) : nil }
        let bit = regions[region].base + Int((address - regions[region].start) / Self.granule)
        guard let start = starts.last(atOrBefore: bit), start >= regions[region].base, live[start] else { return nil }
        return (start, region)
    }

    /// The block whose chunk begins at an address, in use or not.
    func start(at chunk: UInt64, near last: inout Int) -> (bit: Int, region: Int)? {
        guard chunk & 15 == 0, let region = region(containing: chunk, near: &last), regions[region].arena != nil
        else { return nil }
        let bit = bit(of: chunk, in: region)
        return starts[bit] ? (bit, region) : nil
    }

    /// What no pointer into a block is outside of.
    var bounds: (lowest: UInt64, span: UInt64) { (lowest, span &+ Chunk.header &+ 1) }
}
