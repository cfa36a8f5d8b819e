import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// Processes that are there and can't be read for a while.
@Suite struct UnreadProcessTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func spoil(_ number: Int32, _ file: String = "stat") throws {
        try host.root.write("noise", to: "proc/\(number)/\(file)")
    }

    @Test(arguments: ["stat", "statm"]) func haveNotEnded(file: String) throws {
        try host.add(10, "a", ticks: (100, 0))
        try host.add(11, "a")
        var collector = try host.collector()
        let first = try collector.collect(at: host.time(0))
        try host.add(10, "a", ticks: (150, 0), residentPages: 200)
        try spoil(10, file)
        let during = try collector.collect(at: host.time(5))
        #expect(during.unread == [ProcessID(rawValue: 10)])
        #expect(during.processes.map(\.identity.process.rawValue) == [11])
        #expect(during.groups.map(\.ended) == [0] && during.groups.map(\.unreadable["process"]) == [1])
        // They are there; sums without what they use would be too low.
        let group = try #require(during.groups.first)
        #expect(group.processes == 2 && group.highestLimitShare == .notRead)
        #expect(
            [group.threads, group.resident, group.anonymous, group.virtual, group.swap].allSatisfy { $0 == .notRead })
        try host.add(10, "a", ticks: (250, 0), residentPages: 200)
        let after = try collector.collect(at: host.time(10))
        #expect(after.unread == [] && after.processes.map(\.identity) == first.processes.map(\.identity))
        #expect(after.processes.first?.memory.resident == 819_200)
        #expect(after.groups.map(\.cpu.user) == [1.5] && after.groups.map(\.ended) == [0])
        #expect(after.groups.map(\.resident) == [.value(819_200 + 409_600)] && after.groups.map(\.processes) == [2])
    }

    @Test func areGivenUpAfterAWhile() throws {
        try host.add(10, "a")
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try spoil(10)
        for number in 1...12 {
            #expect(try collector.collect(at: host.time(Double(number))).unread == [ProcessID(rawValue: 10)])
        }
        for number in 13...15 {
            let snapshot = try collector.collect(at: host.time(Double(number)))
            #expect(snapshot.unread == [] && snapshot.groups.map(\.ended) == [1])
        }
    }

    @Test func areToldApartFromThoseThatTakeTheirNumber() throws {
        try host.add(10, "a")
        var collector = try host.collector()
        _ = try collector.collect(at: host.time(0))
        try spoil(10)
        _ = try collector.collect(at: host.time(5))
        try host.add(10, "b", start: host.startNow())
        let snapshot = try collector.collect(at: host.time(10))
        #expect(host.groups(snapshot) == [10: "b"])
        #expect(snapshot.groups.map(\.ended) == [1, 0])
    }

    @Test func keepTheFloorsOfTheirMemory() throws {
        var settings = LeakWatchSettings()
        settings.windows = [400]
        settings.interval = 0
        settings.minimumBytes = 0
        var leaks = LeakWatch(settings: settings)
        var collector = try host.collector()
        func collect(_ second: Int) throws -> LeakVerdict? {
            let snapshot = try collector.collect(at: host.time(Double(second)))
            leaks.observe(snapshot)
            return leaks.verdicts.values.first
        }
        for second in 0..<400 {
            if second % 50 == 49 {
                try spoil(10)
            } else {
                try host.add(10, "a", residentPages: 10_000 + 100 * second)
            }
            _ = try collect(second)
        }
        let verdict = try #require(try collect(400))
        #expect(verdict.window > 350)
        try host.remove(10)
        #expect(try collect(401) == nil)
    }
}
