import ProcFS
import ProfileModel
import TestSupport
import Testing

/// Every parser returns a value or an error, whatever the bytes.
@Suite struct HostileInputTests {
    static let parsers: [(String, @Sendable ([UInt8]) throws -> Void)] = [
        ("stat", { _ = try ProcStat(parsing: $0) }),
        ("status", { _ = try ProcStatus(parsing: $0) }),
        ("maps", { _ = try ProcMaps(parsing: $0) }),
        ("smaps", { _ = try Smaps(parsing: $0) }),
        ("statm", { _ = try Statm(parsing: $0) }),
        ("schedstat", { _ = try Schedstat(parsing: $0) }),
        ("sched", { _ = try ThreadSched(parsing: $0) }),
        ("syscall", { _ = try ThreadSystemCall(parsing: $0) }),
        ("cmdline", { _ = Cmdline(parsing: $0) }),
        ("auxv", { _ = try Auxv(parsing: $0) }),
    ]

    static let samples = [
        Samples.stat, Samples.status, Samples.maps, Samples.sched, "1 2 3 4 5 6 7\n", "1 2 3\n", "running\n",
        "-1 0x7ffc 0x401000\n", "7 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffc 0x401000\n",
    ].map { Array($0.utf8) }

    @Test(arguments: parsers.indices) func survivesEveryTruncation(parser: Int) {
        for sample in Self.samples {
            for length in 0...sample.count { _ = try? Self.parsers[parser].1(Array(sample.prefix(length))) }
        }
    }

    @Test(arguments: parsers.indices) func survivesEveryChangedByte(parser: Int) {
        for sample in Self.samples {
            for index in sample.indices {
                for byte in [0, 0x0A, 0x20, 0x28, 0x29, 0x2D, 0x39, 0x3A, 0x5C, 0xFF] as [UInt8] {
                    var changed = sample
                    changed[index] = byte
                    _ = try? Self.parsers[parser].1(changed)
                }
            }
        }
    }

    @Test(arguments: parsers.indices) func survivesNoise(parser: Int) {
        var generator = SeededGenerator(state: 42)
        for length in 0..<600 {
            let noise = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            _ = try? Self.parsers[parser].1(noise)
        }
    }

    @Test(arguments: parsers.map(\.0).filter { !["cmdline", "maps", "smaps"].contains($0) })
    func refusesAnEmptyFile(file: String) throws {
        let parser = try #require(Self.parsers.first { $0.0 == file })
        #expect(throws: ProcFSError.self) { try parser.1([]) }
    }

    @Test func refusesNumbersThatDoNotFit() {
        #expect(throws: ProcFSError.malformed(file: "statm", field: "resident")) {
            try Statm(parsing: Array("1 18446744073709551616 3 4 5 6 7".utf8))
        }
        #expect(throws: ProcFSError.malformed(file: "maps", field: "start")) {
            try ProcMaps(parsing: Array("10000000000000000-2 r-xp 0 0:0 0".utf8))
        }
        #expect(throws: ProcFSError.malformed(file: "stat", field: "pid")) {
            try ProcStat(parsing: Array(Samples.stat.replacing("42 (", with: "4294967296 (").utf8))
        }
    }
}
