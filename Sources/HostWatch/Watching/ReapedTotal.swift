/// A total of a process that also takes in what its children used, when they have ended and been waited for.
///
/// What a watched child used was counted while it lived; it must not be counted again when its parent takes it in. What
/// goes beyond that was used by children that nobody saw, and by seen ones after the last look at them.
struct ReapedTotal {
    private var counted: UInt64
    /// What was counted of children that ended, and may still arrive here: since the last count, and before it.
    private var expected: UInt64 = 0
    private var expectedBefore: UInt64 = 0

    init(counted: UInt64) { self.counted = counted }

    /// A child has ended of which so much was counted; it arrives at the next count or the one after it.
    mutating func expect(_ amount: UInt64) { expected &+= amount }

    /// All that was counted of the process and may still arrive at whoever waits for it.
    var passedOn: UInt64 { counted &+ expected &+ expectedBefore }

    /// Takes the total's new value, and returns what nobody has counted yet.
    mutating func growth(to total: UInt64) -> UInt64 {
        guard total > counted else {
            expire()
            return 0
        }
        var growth = total - counted
        counted = total
        Self.settle(&growth, &expectedBefore)
        Self.settle(&growth, &expected)
        expire()
        return growth
    }

    private mutating func expire() {
        expectedBefore = expected
        expected = 0
    }

    private static func settle(_ growth: inout UInt64, _ expected: inout UInt64) {
        let settled = min(growth, expected)
        growth -= settled
        expected -= settled
    }
}
