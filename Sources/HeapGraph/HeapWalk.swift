internal import ProfileModel

/// Follows the blocks of a segment from its beginning to its end, each of which has its size.
///
/// The program goes on meanwhile: blocks are split and joined. Where what follows can't be a block, a part is walked again.
struct HeapWalk {
    private let memory: any HeapMemory
    private let progress: () -> Void
    private var piece = MemoryPiece(capacity: 1 << 20)
    /// Blocks of the size that a thread's cache has.
    private(set) var possibleCaches: [Int] = []

    /// How often a part is walked again without getting further.
    private static let retryLimit = 32
    private static let cacheLimit = 1 << 20

    init(memory: any HeapMemory, progress: @escaping () -> Void) {
        self.memory = memory
        self.progress = progress
    }

    /// How far the walk of a segment is.
    private struct Position {
        var place: UInt64
        /// The block before it, whose header doesn't say whether it is in use.
        var previous: (bit: Int, size: UInt64)?
        var live = HeapAmount()
        var free = HeapAmount()
        var cacheCount: Int
    }

    /// What a block's header shows.
    private enum Header {
        case block(size: UInt64, previousIsInUse: Bool)
        /// The segment has no more blocks.
        case end(previousIsInUse: Bool)
        case implausible
        case unreadable
    }

    /// Notes the segment's blocks; what can't be walked is left out of the region, and counted.
    mutating func walk(_ segment: HeapReader.Segment, _ heap: inout Heap) {
        var last = 0
        guard let region = heap.blocks.region(containing: segment.range.lowerBound, near: &last) else { return }
        var position = Position(place: segment.range.lowerBound, cacheCount: possibleCaches.count)
        var checkpoints: [Position] = []
        var (retries, furthest): (Int, UInt64) = (0, 0)
        piece.discard()
        walk: while true {
            if piece.word(at: position.place &+ 8) == nil {
                checkpoints.append(position)
                read(position.place, segment)
            }
            switch header(at: position.place, segment) {
            case .block(let size, let previousIsInUse):
                let bit = heap.blocks.bit(of: position.place, in: region)
                heap.blocks.starts.insert(bit)
                count(&position, isLive: previousIsInUse, &heap)
                position.previous = (bit, size)
                position.place += size
                // What reaches to the end is where new blocks come from.
                if position.place == segment.range.upperBound {
                    count(&position, isLive: false, &heap)
                    break walk
                }
            case .end(let previousIsInUse):
                heap.blocks.starts.insert(heap.blocks.bit(of: position.place, in: region))
                count(&position, isLive: previousIsInUse, &heap)
                position.free.add(HeapAmount(blocks: 0, bytes: segment.range.upperBound - position.place))
                break walk
            case .implausible where retries < Self.retryLimit && !checkpoints.isEmpty:
                let end = position.place
                retries = end > furthest ? 1 : retries + 1
                furthest = max(furthest, end)
                // What led here may have been joined and split since; then an earlier part is walked again.
                position = checkpoints[checkpoints.count - 1]
                if retries > 1, checkpoints.count > 1 { checkpoints.removeLast() }
                removeBlocks(from: position, to: end, region, &heap)
                read(position.place, segment)
            case .implausible, .unreadable:
                let end = position.previous.map { heap.blocks.address(of: $0.bit, in: region) } ?? position.place
                heap.blocks.end(region, at: end)
                heap.losses.note(.inconsistent, bytes: segment.range.upperBound - end)
                break walk
            }
        }
        heap.arenas[segment.arena].live.add(position.live)
        heap.arenas[segment.arena].free.add(position.free)
    }

    /// Counts the block before a position, which the header there says is in use or not.
    private mutating func count(_ position: inout Position, isLive: Bool, _ heap: inout Heap) {
        guard let (bit, size) = position.previous else { return }
        guard isLive else { return position.free.add(bytes: size) }
        heap.blocks.live.insert(bit)
        position.live.add(bytes: size)
        if size <= ThreadCacheLayout.largestChunk, ThreadCacheLayout.isChunkSize(size),
            possibleCaches.count < Self.cacheLimit
        {
            possibleCaches.append(bit)
            position.cacheCount = possibleCaches.count
        }
    }

    private mutating func removeBlocks(from position: Position, to end: UInt64, _ region: Int, _ heap: inout Heap) {
        let first = heap.blocks.bit(of: position.place, in: region)
        let limit = heap.blocks.bit(of: end, in: region) + 1
        heap.blocks.starts.remove(from: first, to: limit)
        heap.blocks.live.remove(from: position.previous?.bit ?? first, to: limit)
        possibleCaches.removeLast(possibleCaches.count - position.cacheCount)
    }

    private mutating func read(_ place: UInt64, _ segment: HeapReader.Segment) {
        progress()
        piece.read(at: place, bytes: segment.range.upperBound - place, from: memory)
    }

    private func header(at place: UInt64, _ segment: HeapReader.Segment) -> Header {
        guard let head = piece.word(at: place &+ 8) else { return .unreadable }
        let size = head & ~Chunk.flags
        let previousIsInUse = head & Chunk.previousIsInUse != 0
        if place == segment.top { return .end(previousIsInUse: previousIsInUse) }
        let left = segment.range.upperBound - place
        // A heap that was followed by another one ends with two headers that are no blocks.
        if segment.top == nil, left <= 2 * Chunk.smallest {
            if size == Chunk.header { return .end(previousIsInUse: previousIsInUse) }
            if size == 0 { return .end(previousIsInUse: false) }
            if size == Chunk.smallest, hasNoSize(place &+ size) { return .end(previousIsInUse: previousIsInUse) }
        }
        guard size >= Chunk.smallest, size & 15 == 0, head & Chunk.isMapped == 0, size <= left else {
            return .implausible
        }
        return .block(size: size, previousIsInUse: previousIsInUse)
    }

    private func hasNoSize(_ place: UInt64) -> Bool {
        piece.word(at: place &+ 8).map { $0 & ~Chunk.flags == 0 } ?? false
    }
}
