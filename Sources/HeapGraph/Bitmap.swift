/// A set of numbers below a limit, in which the last one before another is quick to find.
struct Bitmap {
    private var words: ContiguousArray<UInt64>
    /// A bit for each word that is not 0.
    private var summary: ContiguousArray<UInt64>

    /// A set that is empty, of numbers below `count`.
    init(count: Int) {
        words = ContiguousArray(repeating: 0, count: (count + 63) / 64)
        summary = ContiguousArray(repeating: 0, count: (words.count + 63) / 64)
    }

    subscript(index: Int) -> Bool { words[index >> 6] & (1 << UInt64(index & 63)) != 0 }

    mutating func insert(_ index: Int) {
        words[index >> 6] |= 1 << UInt64(index & 63)
        summary[index >> 12] |= 1 << UInt64((index >> 6) & 63)
    }

    mutating func remove(_ index: Int) {
        words[index >> 6] &= ~(1 << UInt64(index & 63))
        if words[index >> 6] == 0 { summary[index >> 12] &= ~(1 << UInt64((index >> 6) & 63)) }
    }

    mutating func remove(from first: Int, to limit: Int) {
        var index = next(from: first, to: limit)
        while let found = index {
            remove(found)
            index = next(from: found + 1, to: limit)
        }
    }

    /// The last element at or before an index.
    func last(atOrBefore index: Int) -> Int? {
        var word = index >> 6
        let bits = words[word] & (.max >> UInt64(63 - (index & 63)))
        if bits != 0 { return word << 6 | (63 - bits.leadingZeroBitCount) }
        var group = word >> 6
        var marks = summary[group] & ((1 << UInt64(word & 63)) - 1)
        while marks == 0 {
            guard group > 0 else { return nil }
            group -= 1
            marks = summary[group]
        }
        word = group << 6 | (63 - marks.leadingZeroBitCount)
        return word << 6 | (63 - words[word].leadingZeroBitCount)
    }

    /// The first element from an index on, before a limit.
    func next(from index: Int, to limit: Int) -> Int? {
        guard index < limit else { return nil }
        var word = index >> 6
        let bits = words[word] & (.max << UInt64(index & 63))
        if bits != 0 { return below(limit, word, bits) }
        word += 1
        guard word < words.count else { return nil }
        var group = word >> 6
        var marks = summary[group] & (.max << UInt64(word & 63))
        while marks == 0 {
            group += 1
            guard group < summary.count, group << 12 < limit else { return nil }
            marks = summary[group]
        }
        word = group << 6 | marks.trailingZeroBitCount
        return below(limit, word, words[word])
    }

    private func below(_ limit: Int, _ word: Int, _ bits: UInt64) -> Int? {
        let found = word << 6 | bits.trailingZeroBitCount
        return found < limit ? found : nil
    }
}
