import Foundation
import TestSupport
import Testing

/// `sonde trend` on recorded series.
@Suite struct TrendTests {
    private struct Report: Decodable {
        let verdict: String
        let slopeBytesPerSecond: Double?
        let slopeLowBytesPerSecond: Double?
        let slopeHighBytesPerSecond: Double?
        let floorGrowthBytes: Double?
        let secondsToLimit: Double?
        let evidence: String
        let findings: [String]
        let readings: Int
    }

    private func trend(_ csv: String, _ arguments: String...) throws -> CommandResult {
        try trend(csv, arguments)
    }

    private func trend(_ csv: String, _ arguments: [String]) throws -> CommandResult {
        let directory = try TemporaryDirectory()
        try directory.write(csv, to: "series.csv")
        return try sonde(["trend", "\(directory.path)/series.csv"] + arguments)
    }

    private func report(_ csv: String, _ arguments: String...) throws -> Report {
        let result = try trend(csv, ["--json"] + arguments)
        #expect(result.status == .exited(0), "\(result.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: result.standardOutput)
    }

    private static func rows(_ count: Int, _ row: (Int) -> String) -> String {
        "timestamp,bytes\n" + (0..<count).map { row($0) + "\n" }.joined()
    }

    private static let leak = rows(1_440) { "\(1_700_000_000 + $0 * 60),\(200_000_000 + $0 * 300_000)" }

    @Test func `A leak, for programs`() throws {
        let report = try report(Self.leak, "--memory-limit", "2G")
        #expect(report.verdict == "confirmed")
        #expect(abs(try #require(report.slopeBytesPerSecond) - 5_000) < 1)
        #expect(try #require(report.slopeLowBytesPerSecond) <= 5_000.1)
        #expect(try #require(report.slopeHighBytesPerSecond) >= 4_999.9)
        #expect(abs(try #require(report.floorGrowthBytes) - 396e6) < 1e6)
        #expect(report.evidence.contains("29.4 % of the limit: full in 3 d 12 h"))
        let left = try #require(report.secondsToLimit)
        #expect(abs(left - (2_147_483_648 - 631_700_000) / 5_000) < 100)
    }

    @Test func `A leak, for people`() throws {
        let result = try trend(Self.leak)
        #expect(result.status == .exited(0))
        #expect(result.output.hasPrefix("Leak: confirmed\nfloor grew 378 MiB in 24 h"))
        #expect(result.output.contains("  6.0 h: confirmed"))
        #expect(result.errors.isEmpty)
    }

    @Test func `From standard input`() throws {
        let result = try run([Locations.sonde.path, "trend", "-"], input: Data(Self.leak.utf8))
        #expect(result.status == .exited(0))
        #expect(result.output.hasPrefix("Leak: confirmed"))
    }

    @Test func `What is unknown is null`() throws {
        let result = try trend(Self.leak, "--json")
        #expect(result.output.contains("\"seconds_to_limit\" : null"))
        #expect(result.output.contains("\"limit_bytes\" : null"))
    }

    @Test func `The latest part alone`() throws {
        let late = Self.rows(1_440) { "\($0 * 60),\(200_000_000 + max(0, $0 - 1_380) * 300_000)" }
        #expect(try report(late, "--window", "59m").verdict == "confirmed")
        #expect(
            try report(Self.rows(1_440) { "\($0 * 60),\(200_000_000 + min(90, $0) * 300_000)" }, "--window", "6h")
                .verdict == "none")
    }

    @Test(arguments: [
        Self.leak.replacingOccurrences(of: "\n", with: "\r\n"),
        "\u{FEFF}" + Self.leak,
        "note,\"bytes\",\"Timestamp\"\n"
            + (0..<1_440).map { "\"a, \"\"b\"\"\n\",\(2e8 + Double($0) * 3e5),\"\($0 * 60)\"\n" }.joined(),
        "timestamp,bytes\n" + Self.leak.split(separator: "\n").dropFirst().reversed().joined(separator: "\n") + "\n",
        Self.leak + Self.leak.split(separator: "\n").dropFirst().joined(separator: "\n"),
        Self.leak + "nan,5\n7,\n,\n\n1700000000.5,inf\n",
        Self.leak.replacingOccurrences(of: ",", with: " , "),
        String(Self.leak.dropLast()) + "\n17000",
    ])
    func `Other ways to write the same series`(csv: String) throws {
        let report = try report(csv)
        #expect(report.verdict == "confirmed")
        #expect(report.readings == 1_440)
    }

    @Test func `Skipped rows are reported`() throws {
        let result = try trend("timestamp,bytes\n1,5\nnan,5\n1,4\n0,3\n2")
        #expect(result.status == .exited(0))
        #expect(
            result.errors.contains("1 row without a finite timestamp or number of bytes skipped, the first in line 3"))
        #expect(result.errors.contains("1 row with a duplicate timestamp skipped"))
        #expect(result.errors.contains("not in the order of time"))
        #expect(result.errors.contains("the last line is incomplete"))
    }

    @Test(arguments: [
        ("", "there is nothing in it; the first line has to name the columns"),
        ("\n\n", "there is nothing in it"),
        ("time,bytes\n1,2\n", "line 1 names no column timestamp"),
        ("timestamp,rss\n1,2\n", "line 1 names no column bytes"),
        ("timestamp,bytes\n1,2\n2,many\n", "line 3: bytes is “many”, not a number of bytes; correct or remove"),
        ("timestamp,bytes\n2026-01-01,2\n", "line 2: timestamp is “2026-01-01”, not seconds, such as date +%s prints"),
        ("timestamp,bytes\n1,-5\n", "line 2: -5.0 is not a number of bytes"),
        ("timestamp,bytes\n1,1e300\n", "line 2: 1e+300 is not a number of bytes"),
        ("timestamp,bytes\n1\n2,3\n", "line 2 has fewer fields"),
        ("timestamp,bytes\n1,\"2\n2,3\n", "line 2: a quoted field has no end; close its quote"),
        ("timestamp,bytes\n1,\u{1B}[31m\n", "bytes is “\\u{1b}[31m”"),
    ])
    func `A file that can't be read is told with line and remedy`(csv: String, message: String) throws {
        let result = try trend(csv)
        #expect(result.status == .exited(1))
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(result.errors.contains("series.csv: "))
        #expect(result.output.isEmpty)
    }

    /// Two processes by turns, the second without growth.
    private static let two =
        "timestamp,bytes,pid\n"
        + (0..<100).map { "\($0),\(200_000_000 + $0 * 1_000_000),12\n\($0),50000000,13\n" }.joined()

    @Test func `One process of several is chosen`() throws {
        #expect(try report(Self.two, "-p", "12").verdict == "confirmed")
        let quiet = try report(Self.two, "--pid", "13")
        #expect(quiet.verdict == "none")
        #expect(quiet.readings == 100)
    }

    @Test(arguments: [
        (two, ["--pid", "14"], "no row is of process 14; there are rows of 12, 13"),
        (leak, ["--pid", "14"], "line 1 names no column pid; leave -p out"),
        (
            "timestamp,bytes,pid\n" + (1...2_000).map { "1,2,\($0)\n" }.joined(), [],
            "it has more than 1,000 processes; choose some of them with -p: 1, 2, 3"
        ),
        ("timestamp,bytes,pid\n1,2\n1,2,3\n", [], "line 2 has fewer fields"),
    ])
    func `Without the right choice the processes are listed`(
        csv: String, arguments: [String], message: String
    ) throws {
        let result = try trend(csv, arguments)
        #expect(result.status == .exited(1))
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test func `Few readings are judged, and fewer say how many are missing`() throws {
        let rows = { (count: Int) in Self.rows(count) { "\($0 * 60),\(200_000_000 + $0 * 3_000_000)" } }
        #expect(try report(rows(24)).verdict == "confirmed")
        #expect(try report(rows(20)).evidence == "too few readings to judge: 4 more needed")
    }

    @Test func `A line without end takes no memory`() throws {
        let result = try trend("timestamp,bytes\n" + String(repeating: "x", count: 3_000_000))
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("line 2 is longer than 65,536 bytes"))
    }

    @Test func `Too few readings are no verdict, and no failure`() throws {
        let report = try report("timestamp,bytes\n1,5\n2,6\n")
        #expect(report.verdict == "not_judged")
        #expect(report.findings == ["too-few-readings"])
        #expect(try trend("timestamp,bytes\n1,5\n2,6\n").output.hasPrefix("Leak: not judged\n"))
    }

    @Test(arguments: [
        rows(500) { "\(Double($0) * 1e-306),\(200_000_000 + $0 * 300_000)" },
        rows(500) { "\(Double($0 - 250) * 7e305),\(200_000_000 + $0 * 300_000)" },
        "timestamp,bytes\n0,1\n" + leak.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n",
    ])
    func `Times that can't be are no verdict, and no failure`(csv: String) throws {
        #expect(try report(csv).verdict == "not_judged")
    }

    @Test func `More readings than are kept become minima`() throws {
        let result = try trend(Self.rows(270_000) { "\($0),\(200_000_000 + $0 * 300)" })
        #expect(result.status == .exited(0))
        #expect(result.output.hasPrefix("Leak: confirmed"))
        #expect(result.errors.contains("270,000 rows were reduced to the lowest of each 2"))
    }

    @Test func `A file that isn't there`() throws {
        let result = try sonde("trend", "/no/such.csv")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("/no/such.csv: No such file or directory; name a file that can be read"))
        #expect(try sonde("trend", "/tmp").errors.contains("/tmp: Is a directory"))
    }

    @Test(arguments: [
        [], ["-", "--memory-limit", "x"], ["-", "--memory-limit", "0"], ["-", "--memory-limit", "1e30"],
        ["-", "--window", "0"], ["-", "--window", "5x"], ["-", "--window", "nan"], ["-", "--other"],
    ])
    func `Wrong usage`(arguments: [String]) throws {
        let result = try sonde(["trend"] + arguments)
        #expect(result.status == .exited(64))
        #expect(result.errors.contains("Usage: sonde trend"))
    }

    @Test func `Several processes are judged in one table, the surest leak first`() throws {
        let csv =
            "timestamp,bytes,pid,name\n"
            + (0..<100).map { "\($0),50000000,13,quiet\n\($0),\(200_000_000 + $0 * 1_000_000),12,leaking\n" }.joined()
            + "7,5,14,short\n"
        let result = try trend(csv)
        #expect(result.status == .exited(0))
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.count == 5, "\(result.output)")
        #expect(rows[0].prefix(5) == ["PID", "NAME", "LEAK", "TIME", "LEFT"])
        #expect(rows[1].prefix(3) == ["12", "leaking", "confirmed"])
        #expect(rows[2].prefix(3) == ["13", "quiet", "none"])
        #expect(rows[3].prefix(4) == ["14", "short", "not", "judged"])
        #expect(result.output.contains("\nleaking (PID 12): floor grew "))
        let report = try trend(csv, "--json", "-p", "13,14")
        let json = try #require(try JSONSerialization.jsonObject(with: report.standardOutput) as? [String: Any])
        #expect(json["pid"] as? Int == 13 && json["verdict"] as? String == "none")
        let processes = try #require(json["processes"] as? [[String: Any]])
        #expect(processes.map { $0["pid"] as? Int } == [13, 14])
        #expect(processes.map { $0["verdict"] as? String } == ["none", "not_judged"])
    }

    @Test func `Columns are aligned behind names of wide characters and of combining marks`() throws {
        let csv =
            "timestamp,bytes,pid,name\n"
            + zip(1..., ["plain", "日本語", "cafe\u{301}", "–"]).map { "1,5,\($0),\($1)\n" }.joined()
        let lines = try trend(csv).output.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "t" }) }
        #expect(lines == ["    1  plain   no", "    2  日本語  no", "    3  cafe\u{301}    no", "    4  –       no"])
    }

    @Test func `On a narrow terminal the table has fewer columns`() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Self.two, to: "series.csv")
        for (columns, isNarrow) in [(40, true), (120, false)] {
            let command =
                "stty cols \(columns) rows 20; exec \(Locations.sonde.path) trend \(directory.path)/series.csv"
            let result = try run(["/usr/bin/script", "-qec", command, "/dev/null"])
            let lines = result.output.split(separator: "\r\n").map { $0.replacing(/\e\[[0-9]*m/, with: "") }
            #expect(lines.allSatisfy { $0.count <= columns }, "\(lines)")
            #expect(lines.first?.contains("READINGS") == !isNarrow && lines.first?.contains("LEAK") == true)
        }
    }

    @Test func `The exit status says whether there is a leak, if asked`() throws {
        #expect(try trend(Self.leak, "--exit-code").status == .exited(2))
        #expect(try trend(Self.two, "--exit-code", "--json").status == .exited(2))
        #expect(try trend(Self.two, "--exit-code", "--pid", "13").status == .exited(0))
        #expect(try trend("timestamp,bytes\n1,5\n", "--exit-code").status == .exited(0))
        #expect(try trend("time\n", "--exit-code").status == .exited(1))
    }

    @Test func `Of many processes fewer readings are kept of each`() throws {
        let csv =
            "timestamp,bytes,pid\n" + (1...100).map { "0,200000000,\($0)\n" }.joined()
            + (1..<5_000).map { "\($0),\(200_000_000 + $0 * 1_000),1\n" }.joined()
        let result = try trend(csv)
        #expect(result.status == .exited(0))
        #expect(result.errors.contains("process 1: 5,000 rows were reduced to the lowest of each 2"))
        #expect(result.output.contains("   1  –     confirmed  "), "\(result.output)")
    }
}
