import SeriesStore
import TestSupport
import Testing

@Suite struct ClockTests {
    private static let year: Double = 365 * 86_400

    @Test func wallClockThatIsAYearAheadForAWhileDropsNothing() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        for minute in 0..<120 {
            let monotonic = Double(minute) * 60
            let ahead = (50..<70).contains(minute) ? Self.year : minute == 80 ? -Self.year : 0
            try store.append(.collection(at: monotonic, [1: UInt64(minute) * 4096], wall: wallTime(monotonic) + ahead))
            while try store.maintain() {}
        }
        let points = try store.points(of: .process(1), fromMonotonic: 0)
        #expect(points.map(\.last) == (0..<120).map { UInt64($0) * 4096 })
        let asRead = try store.points(of: .process(1), wall: wallTime(0)...wallTime(7200))
        let expected = (0..<120).map { Double($0) * 60 }.filter { !(3000..<4200).contains($0) && $0 != 4800 }
        #expect(asRead.map(\.monotonic) == expected)
        let ahead = try store.points(of: .process(1), wall: wallTime(Self.year)...wallTime(2 * Self.year))
        #expect(ahead.map(\.monotonic) == (50..<70).map { Double($0) * 60 })
    }

    @Test(arguments: [-year, -60, 0, 60, year])
    func rebootWithAnyClockKeepsWhatTheLastHoursHad(gap: Double) throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        try store.append(.collection(at: 50_000, [1: 4096]))
        try store.append(.collection(at: 50_005, [1: 8192]))
        try store.append(.collection(at: 3, [1: 4096], boot: "second", wall: wallTime(50_005) + gap))
        try store.append(.collection(at: 8, [1: 12288], boot: "second", wall: wallTime(50_010) + gap))
        while try store.maintain() {}

        let before = try store.points(of: .process(1), fromMonotonic: 0)
        #expect(before.map(\.count).reduce(0, +) == 2)
        #expect(before.last?.last == 8192)
        let after = try store.points(of: .process(1, boot: "second"), fromMonotonic: 0)
        #expect(after.map(\.last) == [4096, 12288] && after.map(\.monotonic) == [3, 8])
        #expect(try store.liveSeries(bootID: "second", since: 0).keys.map(\.bootID) == ["second"])
    }

    @Test func monotonicClockThatGoesBackWithinABootBeginsAnEra() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        try store.append(.collection(at: 9000, [1: 4096]))
        try store.append(.collection(at: 100, [1: 8192], wall: wallTime(9005)))
        try store.append(.collection(at: 105, [1: 8192], wall: wallTime(9010)))
        try store.append(.collection(at: 105.0001, [1: 4096], wall: wallTime(9010)))
        let points = try store.points(of: .process(1), fromMonotonic: 0)
        #expect(points.map(\.monotonic) == [9000, 100, 105, 105.0001])
        #expect(points.map(\.last) == [4096, 8192, 8192, 4096])
    }
}
