import Testing

@testable import Agent

@Suite struct TurnsTests {
    @Test func `Everybody has a turn, whatever comes of it`() {
        var turns = Turns<Int>(pause: 60)
        let looks = stride(from: 0.0, to: 60, by: 5).map { turns.take(2, of: [1, 2, 3, 4, 5], at: $0) }
        #expect(looks.prefix(4) == [[1, 2], [3, 4], [5], []])
        #expect(looks.dropFirst(4).allSatisfy { $0.isEmpty })
        #expect(turns.take(2, of: [1, 2, 3, 4, 5], at: 70) == [1, 2])
        #expect(turns.take(9, of: [1, 2, 3, 4, 5], at: 70) == [3, 4, 5])
    }

    @Test func `Who is new comes first, and who is gone is forgotten`() {
        var turns = Turns<Int>(pause: 60)
        #expect(turns.take(2, of: [1, 2], at: 0) == [1, 2])
        #expect(turns.take(2, of: [1, 2, 3], at: 60) == [3, 1])
        #expect(turns.take(2, of: [2], at: 61) == [2])
        #expect(turns.take(2, of: [1, 2], at: 62) == [1])
    }
}
