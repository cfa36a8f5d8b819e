import Testing

@testable import SeriesStore

@Suite struct KnownSeriesTests {
    @Test func thoseWhoLiveStayHoweverManyEnd() {
        var known = KnownSeries()
        let living = 1...100 as ClosedRange<Int32>
        known.add(.collection(at: 0, [:], descriptions: named(living)))
        for collection in 0..<60 {
            let brief = (1000 + Int32(collection) * 1000)...(1999 + Int32(collection) * 1000)
            known.add(.collection(at: Double(collection), [:], descriptions: named(brief)))
            known.add(.collection(at: Double(collection) + 0.5, [:], ended: Array(brief)))
            #expect(known.descriptions.count <= KnownSeries.most + 1000)
        }
        #expect(living.allSatisfy { known[.process($0)] == .named("p") })
        #expect(known[.process(60_999)] != nil && known[.process(1000)] == nil, "the latest to end stay longest")
    }

    @Test func thoseWhoseEndIsWrittenAreForgotten() {
        var known = KnownSeries()
        known.add(.collection(at: 0, [:], descriptions: named(1...3)))
        known.add(.collection(at: 5, [:], ended: [2]))
        #expect(known.descriptions.count == 3)
        known.remove([.process(2)])
        #expect(Set(known.descriptions.keys) == [.process(1), .process(3)])
    }

    private func named(_ processes: ClosedRange<Int32>) -> [Int32: SeriesDescription] {
        Dictionary(uniqueKeysWithValues: processes.map { ($0, .named("p")) })
    }
}
