package import ProfileModel

/// What the blocks of a heap that are in use hold.
package enum HeapContents {
    private static let progressInterval = 64

    /// Walks the heap once, and reads how each block in use begins.
    package static func read(
        _ memory: any HeapMemory, _ ranges: [MappedRange], demangle: @escaping (String) -> String?,
        progress: @escaping () -> Void
    ) throws(HeapReadError) -> (HeapSummary, BlockGroupList) {
        var reader = HeapReader(memory, ranges, progress: progress)
        let heap = try reader.heap()
        var groups = BlockGroups(memory, reader.mapped, demangle: demangle, separatesSizes: false)
        var count = 0
        for (index, region) in heap.blocks.regions.enumerated() {
            let isMapped = region.arena == nil
            let limit = isMapped ? region.base + 1 : heap.blocks.bit(of: region.end, in: index)
            var next = heap.blocks.live.next(from: region.base, to: limit)
            while let bit = next {
                next = heap.blocks.live.next(from: bit + 1, to: limit)
                count += 1
                if count % progressInterval == 0 { progress() }
                groups.add(
                    at: heap.blocks.address(of: bit, in: index), end: heap.blocks.end(of: bit, in: index),
                    isMapped: isMapped)
            }
        }
        return (HeapSummary(heap, heap.losses), BlockGroupList(groups.sorted))
    }
}
