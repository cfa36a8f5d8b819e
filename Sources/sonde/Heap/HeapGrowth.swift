import ProfileModel

/// Which kinds of blocks have become more or fewer between two readings.
struct HeapGrowth {
    struct Change {
        let group: BlockGroup
        let blocks: Int64
        let bytes: Int64
    }

    private struct Key: Hashable {
        let content: BlockContent
        let size: UInt64?
    }

    let seconds: Double
    /// Of all blocks in use.
    let bytes: Int64
    /// The greatest growth first; those that shrank last.
    let changes: [Change]

    /// Blocks in none of a list's groups change as one more group.
    init(from before: BlockGroupList, to after: BlockGroupList, seconds: Double) {
        self.seconds = seconds
        let rest = [before, after].map { BlockGroup(content: .other, size: nil, amount: $0.rest, sample: nil) }
        var earlier: [Key: BlockGroup] = [:]
        for group in before.groups + [rest[0]] { earlier[Key(content: group.content, size: group.size)] = group }
        var changes = (after.groups + [rest[1]]).map { group in
            let old = earlier.removeValue(forKey: Key(content: group.content, size: group.size))
            return Change(group, since: old?.amount ?? HeapAmount())
        }
        changes += earlier.values.map { group in
            let gone = BlockGroup(content: group.content, size: group.size, amount: HeapAmount(), sample: group.sample)
            return Change(gone, since: group.amount)
        }
        bytes = changes.reduce(0) { $0 &+ $1.bytes }
        self.changes = changes.filter { $0.blocks != 0 || $0.bytes != 0 }.sorted { $0.bytes > $1.bytes }
    }
}

extension HeapGrowth.Change {
    fileprivate init(_ group: BlockGroup, since before: HeapAmount) {
        self.init(
            group: group, blocks: Int64(clamping: group.amount.blocks) - Int64(clamping: before.blocks),
            bytes: Int64(clamping: group.amount.bytes) - Int64(clamping: before.bytes))
    }
}
