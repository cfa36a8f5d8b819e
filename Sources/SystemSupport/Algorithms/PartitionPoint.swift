extension RandomAccessCollection {
    /// The index of the first element for which `isBefore` is false, by binary search; `endIndex` when there is none.
    ///
    /// It has to be true for a prefix of the collection and false for the rest; otherwise the result is one of the indices.
    @inlinable
    package func partitionPoint<Failure>(
        where isBefore: (Element) throws(Failure) -> Bool
    ) throws(Failure) -> Index {
        var low = startIndex
        var remaining = count
        while remaining > 0 {
            let half = remaining / 2
            let middle = index(low, offsetBy: half)
            if try isBefore(self[middle]) {
                low = index(after: middle)
                remaining -= half + 1
            } else {
                remaining = half
            }
        }
        return low
    }
}
