import TestSupport
import Testing

@testable import HostWatch

/// Which processes are watched when there are more than may be.
@Suite struct ProcessLimitTests {
    private func candidate(_ number: Int32, user: UInt32, resident: UInt64, isWatched: Bool = false)
        -> ProcessSelection.Candidate
    {
        ProcessSelection.Candidate(number: number, user: user, resident: resident, isWatched: isWatched)
    }

    @Test func `All are watched where there are no more than may be`() {
        let all = (1...5).map { candidate($0, user: 1, resident: 10) }
        #expect(ProcessSelection.choose(all, maximum: 5) == [1, 2, 3, 4, 5])
    }

    @Test func `A user with a thousand processes leaves the others theirs`() {
        let many = (1000...1999).map { candidate($0, user: 1000, resident: 1 << 30) }
        let few = (1...3).map { candidate($0, user: 0, resident: 4096) }
        let some = (100...149).map { candidate($0, user: 7, resident: UInt64($0) * 4096) }
        let chosen = ProcessSelection.choose(many + few + some, maximum: 63)
        #expect(chosen.isSuperset(of: [1, 2, 3]))
        #expect(chosen.count { (100...149).contains($0) } == 30)
        #expect(chosen.count { (1000...1999).contains($0) } == 30)
        // Of each user the largest.
        #expect(chosen.isSuperset(of: Array(120...149)))
    }

    @Test func `More users than places leave it to those with the largest processes`() {
        let all = (1...10).map { candidate($0, user: UInt32($0), resident: UInt64($0) * 4096) }
        #expect(ProcessSelection.choose(all, maximum: 3) == [8, 9, 10])
    }

    @Test func `A process that is watched stays until another is larger by a quarter`() {
        let watched = candidate(1, user: 1, resident: 1000, isWatched: true)
        #expect(ProcessSelection.choose([watched, candidate(2, user: 1, resident: 1250)], maximum: 1) == [1])
        #expect(ProcessSelection.choose([watched, candidate(2, user: 1, resident: 1251)], maximum: 1) == [2])
    }

    @Test func `What isn't watched is counted, and takes the place of what ends`() throws {
        let host = try FakeHost()
        for number in Int32(10)...15 { try host.add(number, "p\(number)", residentPages: Int(number) * 10) }
        var settings = HostWatchSettings()
        settings.maximumProcesses = 4
        settings.statusInterval = 1
        var collector = try host.collector(settings)
        let first = try collector.collect(at: host.time(0))
        #expect(host.groups(first).keys.sorted() == [12, 13, 14, 15])
        #expect(first.droppedProcesses == 2)
        #expect(!first.hasAllConnections)
        #expect(first.groups.allSatisfy { $0.processes == 1 })
        try host.remove(15)
        let second = try collector.collect(at: host.time(5))
        #expect(host.groups(second).keys.sorted() == [11, 12, 13, 14])
        #expect(second.droppedProcesses == 1)
        try host.add(10, "p10", residentPages: 1000)
        let third = try collector.collect(at: host.time(10))
        #expect(host.groups(third).keys.sorted() == [10, 12, 13, 14])
        #expect(third.groups.first { $0.name == "p11" }?.ended == 0)
        settings.maximumProcesses = 100
        try collector.apply(settings)
        let last = try collector.collect(at: host.time(15))
        #expect(host.groups(last).keys.sorted() == [10, 11, 12, 13, 14])
        #expect(last.droppedProcesses == 0)
    }
}
