/// The stock, which only a slow warehouse knows.
struct Inventory: Sendable {
    /// How many of an article there are: the slow call.
    @inline(never)
    func queryInventory(article: Int) -> Int {
        waitForWarehouse()
        return countShelves(article)
    }

    /// The warehouse takes 40 ms to answer: time in which the thread sleeps, and which only wall-clock profiles show.
    @inline(never)
    private func waitForWarehouse() {
        pause(microseconds: 40_000)
    }

    @inline(never)
    private func countShelves(_ article: Int) -> Int {
        var state = UInt64(truncatingIfNeeded: article) | 1
        for _ in 0..<200_000 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
        }
        return Int(state % 100)
    }
}
