import ProcFS
import TestSupport
import Testing

/// Every parser of what the host's watch reads returns a value or an error, whatever the bytes.
@Suite struct HostileMeasurementTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let file: String
        let sample: String
        let parse: @Sendable ([UInt8]) throws -> Void

        var testDescription: String { file }
    }

    static let cases = [
        Case(file: "status", sample: Samples.memoryStatus) { _ = try MemoryStatus(parsing: $0) },
        Case(file: "limits", sample: Samples.limits) { _ = try ProcLimits(parsing: $0) },
        Case(file: "io", sample: Samples.io) { _ = try ProcIO(parsing: $0) },
        Case(file: "cgroup", sample: Samples.cgroup) { _ = try ProcCgroup(parsing: $0) },
        Case(file: "smaps_rollup", sample: Samples.smapsRollup) { _ = try SmapsRollup(parsing: $0) },
        Case(file: "meminfo", sample: Samples.meminfo) { _ = try MemInfo(parsing: $0) },
        Case(file: "stat", sample: Samples.hostStat) { _ = try HostStat(parsing: $0) },
        Case(file: "diskstats", sample: Samples.diskstats) { _ = try DiskStats(parsing: $0) },
        Case(file: "net/dev", sample: Samples.networkDevices) { _ = try NetworkDevices(parsing: $0) },
        Case(file: "loadavg", sample: "0.25 1.00 2.00 1/400 7\n") { _ = try LoadAverage(parsing: $0) },
        Case(file: "net/tcp", sample: Samples.tcp) { _ = try TCPTable(parsing: $0) },
        Case(file: "net/tcp6", sample: Samples.tcp6) { _ = try TCPTable(parsing: $0) },
        Case(file: "sock_diag", sample: "X\0\0\0\u{14}\0\0\0........................") {
            _ = try SocketMessages(parsing: $0)
        },
    ]

    @Test(arguments: cases) func survivesTruncationsAndChanges(of file: Case) {
        let sample = Array(file.sample.utf8)
        for index in sample.indices {
            _ = try? file.parse(Array(sample.prefix(index)))
            for byte in [0, 0x0A, 0x20, 0x2D, 0x39, 0x3A, 0xFF] as [UInt8] {
                var changed = sample
                changed[index] = byte
                _ = try? file.parse(changed)
            }
        }
    }

    @Test(arguments: cases) func survivesNoise(instead file: Case) {
        var generator = SeededGenerator(state: 42)
        for length in 0..<300 {
            let noise = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            _ = try? file.parse(noise)
            _ = try? file.parse(Array(file.sample.utf8.prefix(length)) + noise)
        }
    }

    @Test(arguments: cases.filter { !["cgroup", "diskstats", "sock_diag"].contains($0.file) })
    func refusesAnEmpty(file: Case) {
        #expect(throws: ProcFSError.self) { try file.parse([]) }
    }

    @Test(arguments: cases.filter { ["status", "meminfo", "smaps_rollup", "diskstats", "io"].contains($0.file) })
    func refusesNumbersThatDoNotFit(file: Case) {
        // Twenty nines are more than 64 bits hold, and nineteen times 1024 are too.
        for nines in [String(repeating: "9", count: 20), String(repeating: "9", count: 19)]
        where nines.count == 20 || file.file != "io" {
            let changed = file.sample.replacing(
                /(5120|24684096|91|11935642|4096)(?= |$)/.anchorsMatchLineEndings(), with: nines)
            #expect(throws: ProcFSError.self, "\(nines)") { try file.parse(Array(changed.utf8)) }
        }
    }
}
