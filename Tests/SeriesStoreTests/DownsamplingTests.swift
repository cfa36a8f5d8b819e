import Foundation
import SeriesStore
import TestSupport
import Testing

@Suite struct DownsamplingTests {
    /// Raw readings for 10 minutes, five minutes for 2 hours, hours for a day.
    private static var retention: RetentionSettings {
        var retention = RetentionSettings()
        retention.raw = 600
        retention.fiveMinutes = 7200
        retention.hour = 86_400
        return retention
    }

    @Test func sumsAreThoseOfTheReadings() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: Self.retention)
        let readings = Readings(from: 700, count: 2400, every: 15, seed: 1)
        for (index, collection) in readings.collections.enumerated() {
            try store.append(collection)
            if index % 20 == 0 { try store.maintain() }
        }
        while try store.maintain() {}

        for process in readings.processes {
            let points = try store.points(of: .process(process), fromMonotonic: 0)
            #expect(Set(points.map(\.span)) == [0, 300, 3600])
            #expect(points.map(\.monotonic) == points.map(\.monotonic).sorted())
            #expect(points.map(\.count).reduce(0, +) == 2400, "each reading counts once")
            for point in points {
                let expected = readings.values(of: process, from: point.monotonic, span: point.span)
                #expect(point.matches(expected.map(\.bytes), resident: expected.map(\.resident)))
                #expect(point.wall == wallTime(point.monotonic))
            }
        }
        let oldest = try #require(store.points(of: .process(1), fromMonotonic: 0).first)
        #expect(oldest.monotonic == 0 && oldest.span == 3600)
    }

    @Test func groupsHaveTheExtremesOfTheirSum() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: Self.retention)
        let readings = Readings(from: 700, count: 1500, every: 15, seed: 2)
        for collection in readings.collections { try store.append(collection) }
        while try store.maintain() {}

        let points = try store.points(ofGroup: "all", from: 0, until: .greatestFiniteMagnitude)
        #expect(Set(points.map(\.sum.span)) == [0, 300, 3600])
        #expect(points.map(\.sum.count).reduce(0, +) == 1500)
        for point in points {
            let expected = readings.sums(from: point.sum.monotonic, span: point.sum.span)
            #expect(point.sum.matches(expected.map(\.bytes), resident: expected.map(\.resident)))
            #expect(point.processes == readings.processes.count)
        }
    }

    @Test func lastProcessToLeaveItsGroupKeepsTheGroupsHistory() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: Self.retention)
        try store.append(
            .collection(at: 10, [1: 4096, 2: 4096], descriptions: [1: .named("brief"), 2: .named("long")]))
        try store.append(.collection(at: 15, [1: 12288, 2: 4096]))
        try store.append(.collection(at: 20, [2: 4096], ended: [1]))
        for minute in 1...30 { try store.append(.collection(at: Double(minute) * 60, [2: 4096])) }
        while try store.maintain() {}

        let sums = try store.points(ofGroup: "brief", from: 0, until: .greatestFiniteMagnitude).map(\.sum)
        #expect(sums.map(\.span) == [300] && sums.map(\.count) == [2])
        #expect(sums.first?.matches([4096, 12288], resident: [8192, 24576]) == true)
        #expect(try store.points(of: .process(1), fromMonotonic: 0) == [], "it lived for less than five minutes")
    }

    @Test func timeWithoutAgentIsAGap() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: Self.retention)
        try store.append(.collection(at: 10, [1: 4096]))
        try store.append(.collection(at: 10_000, [1: 4096]))
        while try store.maintain() {}
        #expect(try store.points(of: .process(1), fromMonotonic: 0).map(\.monotonic) == [0, 10_000])
    }

    @Test func everythingExpiresInTheEnd() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: Self.retention)
        try store.append(.collection(at: 10, [1: 4096], descriptions: [1: .named("old")]))
        for hour in 1...30 {
            try store.append(.collection(at: Double(hour) * 3600, [2: 4096], ended: hour == 1 ? [1] : []))
            while try store.maintain() {}
        }
        #expect(try store.points(of: .process(1), fromMonotonic: 0) == [])
        #expect(try store.points(ofGroup: "old", from: 0, until: .greatestFiniteMagnitude) == [])
        let oldest = try #require(store.points(of: .process(2), fromMonotonic: 0).first)
        #expect(oldest.monotonic >= 30 * 3600 - 86_400)
        #expect(try counts(directory).series == 1)
        #expect(try counts(directory).groups == 0)
    }

    /// Rows that are left, seen by another program after the store is closed.
    private func counts(_ directory: TemporaryDirectory) throws -> (series: Int, groups: Int) {
        let copy = directory.path + "/copy"
        try FileManager.default.copyItem(atPath: directory.state, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let database = try SQLiteFile(copy + "/sonde.sqlite")
        return (
            try database.number("SELECT count(*) FROM series"), try database.number("SELECT count(*) FROM groups")
        )
    }
}

extension SeriesPoint {
    fileprivate func matches(_ bytes: [UInt64], resident: [UInt64]) -> Bool {
        guard let last = bytes.last, let residentLast = resident.last else { return false }
        let mean = Double(bytes.reduce(0, +)) / Double(bytes.count)
        // Each rounding to a byte moves the average by half a byte at most: of five minutes, and of the hour.
        return minimum == bytes.min() && maximum == bytes.max() && self.last == last && count == bytes.count
            && residentMaximum == resident.max() && self.residentLast == residentLast
            && abs(Double(average) - mean) <= 1
    }
}
