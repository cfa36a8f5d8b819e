import Foundation
import HostWatch
import MemoryTrends
import TestSupport
import Testing

/// The series of the host itself, where `/proc` shows them and where it doesn't.
@Suite struct HostSeriesTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func write(idle: Int, ioWait: Int) throws {
        try host.root.write("cpu  100 0 0 \(idle) \(ioWait) 0 0 0 0 0\ncpu0 1\n", to: "proc/stat")
    }

    @Test func `Where /proc shows processes only they are watched, and the host is unknown`() throws {
        try host.add(10, "a", cgroup: "0::/system.slice/a.service\n")
        for file in ["meminfo", "stat"] {
            try FileManager.default.removeItem(at: host.root.url.appending(path: "proc/\(file)"))
        }
        var collector = try host.collector()
        let snapshot = try collector.collect(at: host.time(0))
        #expect(snapshot.host.memory == .notOffered && snapshot.host.cpu == .notOffered)
        #expect(snapshot.host.loadAverage.value == nil && snapshot.host.network.value == nil)
        #expect(snapshot.host.cpuCount == sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let process = try #require(snapshot.processes.first)
        #expect(process.group == "a.service")
        #expect(process.memory.limit.bytes == UInt64(sysconf(Int32(_SC_PHYS_PAGES))) * UInt64(getpagesize()))
        #expect(process.memory.room == .unknown)
    }

    @Test func `A malformed file of the host ends the collection`() throws {
        try host.root.write("cpu  none\n", to: "proc/stat")
        var collector = try host.collector()
        #expect(throws: (any Error).self) { try collector.collect(at: host.time(0)) }
    }

    /// A little, as iowait does; and by hours, as when a CPU goes offline: proc_stat(5).
    @Test func `CPU time never falls, and goes on when the kernel's does`() throws {
        var collector = try host.collector()
        var shown: [HostProcessorTimes] = []
        let readings: [(idle: Int, ioWait: Int)] = [
            (100_000, 1000), (100_500, 900), (101_000, 1100), (1000, 50), (1500, 60), (2000, 2000),
        ]
        for (index, reading) in readings.enumerated() {
            try write(idle: reading.idle, ioWait: reading.ioWait)
            shown.append(try #require(try collector.collect(at: host.time(Double(5 * index))).host.cpu.value))
        }
        #expect(shown.map(\.idle) == [1000, 1005, 1010, 1010, 1015, 1020])
        #expect(shown.map(\.ioWait) == [10, 10, 11, 11, 11.1, 30.5])
        #expect(shown.allSatisfy { $0.user == 1 })
    }
}
