internal import ProfileModel
internal import SystemSupport

/// Blocks that the allocator mapped one by one, since they are large.
///
/// Each begins with the distance to where its mapping begins, which has a block's header there unless the program asked for an
/// alignment, and has a size that reaches to the end of a page. The kernel shows mappings that touch as one.
struct MappedBlocks {
    private let memory: any HeapMemory
    private let mapped: MappedMemory
    private let progress: () -> Void
    /// In ascending order; no two overlap.
    private let heaps: [Range<UInt64>]
    /// Their mappings.
    var ranges: [Range<UInt64>] = []
    private(set) var isIncomplete = false
    private var page = MemoryPiece(capacity: Int(PageSize.bytes))

    private static let limit = 1 << 20
    /// Where in a page a header is, by the alignment that the program asked for.
    private static let offsets: [UInt64] = [0] + (5...12).map { (1 << $0) - 0x10 }

    init(_ reader: HeapReader, outside heaps: [Range<UInt64>]) {
        (memory, mapped, progress, self.heaps) = (reader.memory, reader.mapped, reader.progress, heaps)
    }

    func find() -> MappedBlocks {
        var found = self
        for range in mapped.ranges where range.isAnonymousMemory && range.byteCount <= RootPages.largestRange {
            found.find(in: range.start.rawValue..<range.end.rawValue)
        }
        return found
    }

    private mutating func find(in range: Range<UInt64>) {
        var place = range.lowerBound
        for part in RootPages(memory: memory, progress: progress).presentParts(of: range) {
            place = max(place, part.lowerBound)
            while place < part.upperBound {
                guard ranges.count < Self.limit else {
                    isIncomplete = true
                    return
                }
                progress()
                if let heap = heap(endingAfter: place), heap.lowerBound <= place {
                    place = heap.upperBound
                } else {
                    place = next(from: place, in: range)
                }
            }
        }
    }

    /// Notes the block that begins in a page, if one does; returns where to go on.
    private mutating func next(from place: UInt64, in mapping: Range<UInt64>) -> UInt64 {
        page.read(at: place, bytes: PageSize.bytes, from: memory)
        // What was aligned has the header from before at the beginning of its mapping, and its own behind that.
        let blocks = Self.offsets.compactMap { offset -> Range<UInt64>? in
            guard let distance = page.word(at: place + offset), let head = page.word(at: place + offset + 8)
            else { return nil }
            return block(at: place + offset, distance, head, in: mapping)
        }
        guard let block = blocks.last(where: { $0.upperBound == blocks.first?.upperBound }) else {
            return place + PageSize.bytes
        }
        ranges.append(block)
        return block.upperBound
    }

    private func heap(endingAfter address: UInt64) -> Range<UInt64>? {
        let index = heaps.partitionPoint { $0.upperBound <= address }
        return index < heaps.count ? heaps[index] : nil
    }

    private func block(
        at chunk: UInt64, _ distance: UInt64, _ head: UInt64, in mapping: Range<UInt64>
    ) -> Range<UInt64>? {
        let size = head & ~Chunk.flags
        guard head & Chunk.flags == Chunk.isMapped, size >= Chunk.smallest, size & 15 == 0,
            distance <= chunk - mapping.lowerBound, (chunk - distance) & (PageSize.bytes - 1) == 0,
            (distance &+ size) & (PageSize.bytes - 1) == 0, size <= mapping.upperBound - chunk,
            distance & 15 == 0
        else { return nil }
        let range = chunk..<chunk + size
        return heap(endingAfter: chunk)?.overlaps(range) ?? false ? nil : range
    }
}
