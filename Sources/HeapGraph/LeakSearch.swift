package import ProfileModel

/// Searches a heap for blocks that nothing reaches, again and again while the process goes on.
///
/// A block that nothing reaches stays so. One that a scan misses because its reference was moved meanwhile is reached by another:
/// what counts are blocks that no scan reached, and that had the same address, size and contents in all of them.
package struct LeakSearch {
    private struct Candidate {
        let address: UInt64
        let end: UInt64
        let hash: UInt64
        let isMapped: Bool
        /// Whether a scan has shown that it isn't free.
        var isInUse: Bool
    }

    private var candidates: ContiguousArray<Candidate>?
    private var mapped = MappedMemory([])
    private var scans: UInt32 = 0

    /// Blocks in all; of others it is not known whether anything reaches them.
    private static let candidateLimit = 1 << 21
    private static let progressInterval = 256

    package init() {}

    /// Scans the heap, and returns what all scans have found so far.
    package mutating func scan(
        _ memory: any HeapMemory, _ ranges: [MappedRange], _ input: HeapScanInput, progress: @escaping () -> Void
    ) throws(HeapReadError) -> HeapScan {
        var reader = HeapReader(memory, ranges, progress: progress)
        let walked = try reader.heap()
        var roots = Roots(reader, walked, stackPointers: input.stackPointers.map(\.rawValue))
        var losses = walked.losses
        var marking = Marking(consume walked, reader)
        for register in input.registers { marking.follow(register) }
        // The second search finds references that were moved to where the first had been.
        for _ in 0..<2 { roots.search { marking.follow($0) } }
        let searchedBytes = roots.searchedBytes
        reader.words.discard()
        for (word, end) in marking.tops {
            guard let top = reader.words.word(at: word), top > end else { continue }
            // Blocks that came since.
            roots.read(end..<min(top, reader.mapped.endOfWritableMemory(from: end))) { marking.follow($0) }
        }
        let heap = marking.finish()
        losses.add(roots.losses)
        let found = unreached(in: heap, reader, &losses)
        let unreached = candidates.map { Self.inBoth($0, found) } ?? found
        candidates = unreached
        mapped = reader.mapped
        scans &+= 1
        var (inUse, others) = (HeapAmount(), HeapAmount())
        for block in unreached {
            if block.isInUse {
                inUse.add(bytes: block.end - block.address)
            } else {
                others.add(bytes: block.end - block.address)
            }
        }
        return HeapScan(
            count: scans, unreached: inUse, undecided: others, searchedBytes: searchedBytes,
            summary: HeapSummary(heap, losses))
    }

    private static func inBoth(
        _ first: ContiguousArray<Candidate>, _ second: ContiguousArray<Candidate>
    ) -> ContiguousArray<Candidate> {
        var both: ContiguousArray<Candidate> = []
        var index = 0
        for candidate in second {
            while index < first.count, first[index].address < candidate.address { index += 1 }
            guard index < first.count else { break }
            if first[index].address == candidate.address, first[index].end == candidate.end,
                first[index].hash == candidate.hash
            {
                both.append(candidate)
                both[both.count - 1].isInUse = candidate.isInUse || first[index].isInUse
            }
        }
        return both
    }

    /// In the order of addresses.
    private func unreached(
        in heap: Heap, _ reader: HeapReader, _ losses: inout HeapLosses
    ) -> ContiguousArray<Candidate> {
        var found: ContiguousArray<Candidate> = []
        var contents = SequentialContents(reader.memory)
        var count = 0
        heap.blocks.forEachLive { bit, region in
            count += 1
            if count % Self.progressInterval == 0 { reader.progress() }
            guard !heap.blocks.reached[bit] else { return }
            let isMapped = heap.blocks.isMapped(region)
            let start = heap.blocks.address(of: bit, in: region)
            let end = heap.blocks.end(of: bit, in: region)
            guard found.count < Self.candidateLimit else { return losses.note(.tooManyBlocks, bytes: end - start) }
            let read = contents.hash(from: start + Chunk.header, to: end + (isMapped ? 0 : 8))
            guard let read, !heap.isCacheKey(read.second) else { return }
            let isInUse = isMapped ? heap.areMappedBlocksCertain : !heap.isUncertain(end - start)
            found.append(
                Candidate(address: start, end: end, hash: read.hash, isMapped: isMapped, isInUse: isInUse))
        }
        return found
    }

    /// What is in the blocks that no scan has reached: those with the most bytes first.
    package func groups(
        _ memory: any HeapMemory, demangle: @escaping (String) -> String?, progress: @escaping () -> Void
    ) -> BlockGroupList {
        var groups = BlockGroups(memory, mapped, demangle: demangle, separatesSizes: true)
        for candidate in candidates ?? [] where candidate.isInUse {
            progress()
            groups.add(at: candidate.address, end: candidate.end, isMapped: candidate.isMapped)
        }
        return BlockGroupList(groups.sorted)
    }
}

/// Reads blocks in the order of their addresses, more at once the closer they are.
private struct SequentialContents {
    private let memory: any HeapMemory
    private var piece = MemoryPiece(capacity: 1 << 18)
    private var size = PageSize.bytes

    init(_ memory: any HeapMemory) { self.memory = memory }

    /// A hash of the words in a range, and the second of them; `nil` where they can't be read.
    mutating func hash(from start: UInt64, to end: UInt64) -> (hash: UInt64, second: UInt64)? {
        var (hash, place): (UInt64, UInt64) = (0, start)
        var second: UInt64 = 0
        while place < end {
            if piece.word(at: place) == nil {
                let isNear = place &- piece.end < 2 * PageSize.bytes
                size = isNear ? min(size * 2, UInt64(piece.capacity)) : PageSize.bytes
                piece.read(at: place, bytes: max(size, min(end - place, UInt64(piece.capacity))), from: memory)
            }
            // Less can be read behind the end of memory.
            guard piece.word(at: place) != nil else { return place == start ? nil : (hash, second) }
            let first = Int((place - piece.start) / 8)
            let limit = min(piece.count, Int((end - piece.start) / 8))
            if place == start, first + 1 < piece.count { second = piece[first + 1] }
            hash = piece.hash(hash, first..<max(first, limit))
            place = piece.start + UInt64(max(limit, first + 1)) * 8
        }
        return (hash, second)
    }
}

extension HeapSummary {
    init(_ heap: Heap, _ losses: HeapLosses) {
        self.init(
            arenas: heap.arenas.map { Arena(isMain: $0.isMain, live: $0.live, free: $0.free) }, cached: heap.cached,
            mapped: heap.mapped, losses: losses)
    }
}
