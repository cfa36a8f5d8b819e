import MemoryTrends
import Testing

@Suite struct MemorySeriesTests {
    @Test func `Readings are sorted, and times that aren't finite left out`() {
        let series = MemorySeries([
            MemoryReading(seconds: 3, bytes: 30), MemoryReading(seconds: .nan, bytes: 1),
            MemoryReading(seconds: 1, bytes: 10), MemoryReading(seconds: .infinity, bytes: 1),
            MemoryReading(seconds: -2, bytes: 20),
        ])
        #expect(series.readings.map(\.seconds) == [-2, 1, 3])
        #expect(series.span == 5)
    }

    @Test func `Of several readings at one time the lowest stays`() {
        let series = MemorySeries([
            MemoryReading(seconds: 1, bytes: 10), MemoryReading(seconds: 1, bytes: 5),
            MemoryReading(seconds: 1, bytes: 7),
        ])
        #expect(series.readings == [MemoryReading(seconds: 1, bytes: 5)])
    }

    @Test func `The latest part is what lies within the time before the last reading`() {
        let series = MemorySeries((0..<100).map { MemoryReading(seconds: Double($0), bytes: 1) })
        #expect(series.latest(seconds: 10).readings.map(\.seconds) == (90..<100).map(Double.init))
        #expect(series.latest(seconds: nil) == series)
    }
}
