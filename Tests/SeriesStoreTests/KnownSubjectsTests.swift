import Testing

@testable import SeriesStore

@Suite struct KnownSubjectsTests {
    @Test func thoseWhoLiveStayHoweverManyEnd() {
        var known = KnownSubjects()
        let living = 1...100 as ClosedRange<Int32>
        known.add(.look(at: 0, [:], descriptions: named(living)))
        for look in 0..<60 {
            let brief = (1000 + Int32(look) * 1000)...(1999 + Int32(look) * 1000)
            known.add(.look(at: Double(look), [:], descriptions: named(brief)))
            known.add(.look(at: Double(look) + 0.5, [:], ended: Array(brief)))
            #expect(known.descriptions.count <= KnownSubjects.most + 1000)
        }
        #expect(living.allSatisfy { known[.process($0)] == .named("p") })
        #expect(known[.process(60_999)] != nil && known[.process(1000)] == nil, "the latest to end stay longest")
    }

    @Test func thoseWhoseEndIsWrittenAreForgotten() {
        var known = KnownSubjects()
        known.add(.look(at: 0, [:], descriptions: named(1...3)))
        known.add(.look(at: 5, [:], ended: [2]))
        #expect(known.descriptions.count == 3)
        known.forget([.process(2)])
        #expect(Set(known.descriptions.keys) == [.process(1), .process(3)])
    }

    private func named(_ processes: ClosedRange<Int32>) -> [Int32: SubjectDescription] {
        Dictionary(uniqueKeysWithValues: processes.map { ($0, .named("p")) })
    }
}
