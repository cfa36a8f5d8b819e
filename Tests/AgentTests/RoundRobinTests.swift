import Testing

@testable import Agent

@Suite struct RoundRobinTests {
    @Test func `Every candidate is taken in turn, whatever comes of it`() {
        var order = RoundRobin<Int>(pause: 60)
        let taken = stride(from: 0.0, to: 60, by: 5).map { order.take(2, of: [1, 2, 3, 4, 5], at: $0) }
        #expect(taken.prefix(4) == [[1, 2], [3, 4], [5], []])
        #expect(taken.dropFirst(4).allSatisfy { $0.isEmpty })
        #expect(order.take(2, of: [1, 2, 3, 4, 5], at: 70) == [1, 2])
        #expect(order.take(9, of: [1, 2, 3, 4, 5], at: 70) == [3, 4, 5])
    }

    @Test func `New candidates come first, and those that are gone are discarded`() {
        var order = RoundRobin<Int>(pause: 60)
        #expect(order.take(2, of: [1, 2], at: 0) == [1, 2])
        #expect(order.take(2, of: [1, 2, 3], at: 60) == [3, 1])
        #expect(order.take(2, of: [2], at: 61) == [2])
        #expect(order.take(2, of: [1, 2], at: 62) == [1])
    }
}
