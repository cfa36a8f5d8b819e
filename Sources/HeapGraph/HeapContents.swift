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
        heap.blocks.forEachLive { bit, region in
            count += 1
            if count % progressInterval == 0 { progress() }
            groups.add(
                at: heap.blocks.address(of: bit, in: region), end: heap.blocks.end(of: bit, in: region),
                isMapped: heap.blocks.isMapped(region))
        }
        return (HeapSummary(heap, heap.losses), BlockGroupList(groups.sorted))
    }
}
