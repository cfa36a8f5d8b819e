import Foundation
import TestSupport
import Testing

/// `sonde watch` on a process that leaks and on one that doesn't.
@Suite struct WatchTests {
    struct Report: Decodable {
        let pid: Int32
        let verdict: String
        let ended: Bool
        let evidence: String
        let slope_low_bytes_per_second: Double?
        let slope_high_bytes_per_second: Double?
        let slope_bytes_per_second: Double?
        let limit_bytes: Double?
        let headroom_bytes: Double?
        let limit_source: String?
        let seconds_to_limit: Double?
    }

    @Test func `The one that leaks is told from the one that doesn't`() throws {
        let (leaking, quiet) = (try TestProgram.leaking(), try TestProgram("calibrated"))
        let result = try sonde(
            "watch", "-p", "\(leaking.pid)", "-p", "\(quiet.pid)", "-i", "0.05", "--window", "6s", "-d", "8", "--json")
        #expect(result.status == .exited(0))
        let reports = try JSONDecoder().decode([Report].self, from: result.standardOutput)
        let verdicts = Dictionary(uniqueKeysWithValues: reports.map { ($0.pid, $0) })
        let found = try #require(verdicts[leaking.pid])
        #expect(["suspected", "confirmed"].contains(found.verdict), "\(found.evidence)")
        let slope = try #require(found.slope_bytes_per_second)
        let low = try #require(found.slope_low_bytes_per_second)
        let high = try #require(found.slope_high_bytes_per_second)
        #expect(low > 0 && high < 4e6)
        #expect(["cgroup", "host"].contains(found.limit_source))
        // What others use counts, too.
        let (left, headroom) = (try #require(found.seconds_to_limit), try #require(found.headroom_bytes))
        #expect(abs(left - headroom / slope) <= left / 1e6)
        #expect(found.evidence.contains("of the limit: full in "))
        #expect(verdicts[quiet.pid]?.verdict == "none")
    }

    /// A mebibyte is about a hundredth of what is judged in the end.
    struct Growth: Sendable, CustomTestStringConvertible {
        let name: String
        /// What is done once every 50 ms; `size` is 1 MiB.
        let step: String
        let isLeak: Bool
        var testDescription: String { name }
    }

    private static let growths = [
        Growth(name: "lazy", step: "madvise(touch(MAP_PRIVATE), size, MADV_FREE);", isLeak: false),
        Growth(name: "both", step: "madvise(touch(MAP_PRIVATE), size, MADV_FREE); touch(MAP_PRIVATE);", isLeak: true),
        Growth(name: "shared", step: "touch(MAP_SHARED);", isLeak: true),
        Growth(name: "memfd", step: "if (write(file, block, size) < 0) fail(\"write\");", isLeak: true),
        Growth(
            name: "tables", step: "for (int i = 0; i < 256; i++) (void)*(volatile char *)(sparse += 2 << 20);",
            isLeak: true),
    ]

    @Test(arguments: growths) func `Memory is judged by what it is`(growth: Growth) throws {
        let program = try TestProgram(
            named: growth.name,
            source: """
                #include "program.h"
                #include <sys/mman.h>
                static size_t size = 1 << 20;
                static char block[1 << 20];
                static char *touch(int flags) {
                    char *memory = mmap(0, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
                    return memset(memory, 1, size);
                }
                int main(void) {
                    die_with_parent();
                    int file = memfd_create("file", 0);
                    char *sparse = mmap(0, 1ul << 40, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
                    memset(block, 1, size);
                    touch(MAP_PRIVATE);
                    say_ready();
                    for (;;) {
                        \(growth.step)
                        sleep_milliseconds(50);
                        (void)file, (void)sparse;
                    }
                }
                """)
        let result = try sonde(
            "watch", "-p", "\(program.pid)", "-i", "0.05", "--window", "6s", "-d", "8", "--json")
        #expect(result.status == .exited(0))
        let report = try #require(try JSONDecoder().decode([Report].self, from: result.standardOutput).first)
        if growth.isLeak {
            #expect(["suspected", "confirmed"].contains(report.verdict), "\(report.evidence)")
        } else {
            #expect(report.verdict == "none", "\(report.evidence)")
            #expect(report.evidence.contains("freed lazily (MADV_FREE)"), "\(report.evidence)")
        }
    }

    @Test func `What is not known is null, as in sonde trend`() throws {
        let quiet = try TestProgram("calibrated")
        let result = try sonde("watch", "-p", "\(quiet.pid)", "-i", "0.05", "-d", "1", "--json")
        let reports = try JSONSerialization.jsonObject(with: result.standardOutput) as? [[String: Any]]
        let report = try #require(reports?.first)
        #expect(report["seconds_to_limit"] is NSNull)
        #expect(report["resident_bytes"] is Int)
    }

    @Test func `The CSV is what sonde trend reads`() throws {
        let workshop = try Workshop()
        let program = try TestProgram.leaking()
        let file = "\(workshop.directory)/memory.csv"
        let watch = try sonde(
            "watch", "-p", "\(program.pid)", "-i", "0.05", "-d", "6", "-f", "csv", "-o", file)
        #expect(watch.status == .exited(0))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text == watch.output)
        #expect(text.hasPrefix("timestamp,bytes,pid,"))
        let trend = try run([Locations.sonde.path, "trend", "-"], input: watch.standardOutput)
        #expect(trend.output.hasPrefix("Leak: "))
        #expect(trend.output.contains("floor grew"))
    }

    @Test func `Of the CSV of two processes both are judged, or one`() throws {
        let workshop = try Workshop()
        let (leaking, quiet) = (try TestProgram.leaking(), try TestProgram("calibrated"))
        let file = "\(workshop.directory)/memory.csv"
        let watch = try sonde(
            "watch", "-p", "\(leaking.pid)", "-p", "\(quiet.pid)", "-i", "0.05", "-d", "3", "--json", "-o", file)
        #expect(watch.status == .exited(0))
        let both = try sonde("trend", file).output
        #expect(both.contains(" \(leaking.pid)  leaking ") && both.contains(" \(quiet.pid)  calibrated "))
        #expect(try sonde("trend", file, "--pid", "\(quiet.pid)").output.hasPrefix("Leak: none"))
        #expect(!(try sonde("trend", file, "--pid", "\(leaking.pid)")).output.contains("no growth"))
    }

    /// What a watch of three seconds writes to a terminal.
    private func screen(_ programs: [TestProgram], size: String) throws -> String {
        let targets = programs.map { "-p \($0.pid)" }.joined(separator: " ")
        let command =
            "stty \(size); exec \(Locations.sonde.path) watch \(targets) -i 0.05 --window 2s -d 3"
        let result = try run(["/usr/bin/script", "-qec", command, "/dev/null"])
        #expect(result.status == .exited(0))
        return result.output
    }

    @Test func `On a narrow terminal every line takes one row, and the last table stays`() throws {
        let text = try screen([try TestProgram.leaking(), try TestProgram("calibrated")], size: "cols 60 rows 20")
        let tables = text.components(separatedBy: "\u{1B}[J").dropLast()
        #expect(tables.count > 20)
        var rows = 0
        for table in tables {
            // The way up is as long as the table before.
            #expect(rows == 0 || table.hasPrefix("\r\u{1B}[\(rows)A"))
            let lines = table.split(separator: "\r\n").map { $0.replacing(/\e\[[0-9]*[A-Zm]/, with: "") }
            #expect(lines.allSatisfy { $0.drop { $0 == "\r" }.count < 60 })
            rows = lines.count
        }
        // Evidence goes on in further lines, each in colour.
        #expect(rows >= 5)
        let last = try #require(tables.last)
        #expect(last.contains("leaking (PID"))
        #expect(last.contains("floor grew"))
    }

    @Test func `A table that is higher than the terminal is cut, but for the last one`() throws {
        let programs = try (0..<4).map { _ in try TestProgram("calibrated") }
        let text = try screen(programs, size: "cols 100 rows 4")
        let tables = text.components(separatedBy: "\u{1B}[J").dropLast()
        #expect(tables.dropLast().allSatisfy { $0.contains("… 3 more lines") })
        #expect(try #require(tables.last).components(separatedBy: "calibrated").count == 5)
    }

    @Test func `A table ends the watch when the process ends`() throws {
        let workshop = try Workshop()
        let program = try TestProgram("calibrated")
        let file = "\(workshop.directory)/memory.csv"
        let child = try Child([Locations.sonde.path, "watch", "-p", "\(program.pid)", "-i", "0.1", "-o", file])
        #expect(eventually { (try? String(contentsOfFile: file, encoding: .utf8))?.contains("calibrated") ?? false })
        program.kill()
        #expect(try child.exitStatus() == .exited(0))
        child.waitForOutput()
        #expect(String(decoding: child.standardOutput, as: UTF8.self).contains("calibrated"))
        #expect(String(decoding: child.standardError, as: UTF8.self).contains("have ended"))
    }

    @Test func `Ctrl-C prints the last table`() throws {
        let program = try TestProgram("calibrated")
        let child = try Child([Locations.sonde.path, "watch", "-p", "\(program.pid)", "-f", "csv", "-i", "0.1"])
        try child.line { $0.contains("\"calibrated\"") }
        child.send(signal: SIGINT)
        #expect(try child.exitStatus() == .exited(0))
    }

    @Test(arguments: [
        ["watch"], ["watch", "-p", "1", "-i", "0"], ["watch", "-p", "1", "--json", "-f", "csv"],
        ["watch", "-p", "1", "--window", "never"], ["watch", "-p", "1", "--window", "20s"],
    ])
    func `Wrong usage is told`(arguments: [String]) throws {
        #expect(try sonde(arguments).status == .exited(64))
    }

    @Test func `Before a window is full nothing is judged`() throws {
        let program = try TestProgram("calibrated")
        let result = try sonde("watch", "-p", "\(program.pid)", "-i", "0.05", "--window", "100s", "-d", "2", "--json")
        let report = try #require(try JSONDecoder().decode([Report].self, from: result.standardOutput).first)
        #expect(report.verdict == "not_judged")
        for figure in ["slope_bytes_per_second", "floor_growth_bytes", "window_seconds"] {
            #expect(result.output.contains("\"\(figure)\" : null"), "\(result.output)")
        }
    }

    @Test func `Without a terminal, changes come with the time, and the table at the end`() throws {
        let program = try TestProgram("calibrated")
        let result = try sonde("watch", "-p", "\(program.pid)", "-i", "0.05", "--window", "2s", "-d", "4")
        let lines = result.output.split(separator: "\n").map(String.init)
        let time = #/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /#
        let changes = lines.prefix { $0.starts(with: time) }
        let table = Array(lines.dropFirst(changes.count))
        let title = "calibrated (PID \(program.pid))"
        #expect(changes.last?.hasSuffix(" end") == true)
        #expect(changes.dropLast().allSatisfy { $0.contains(" \(title)") }, "\(result.output)")
        #expect(changes.first?.contains(" \(title): too early (0 s of 2 s): too few readings to judge") == true)
        #expect(changes.contains { $0.contains(" \(title): none: floor ") }, "\(result.output)")
        #expect(table.first?.split(separator: " ").prefix(4) == ["PID", "NAME", "LEAK", "TIME"])
        #expect(table.dropFirst().first?.split(separator: " ").prefix(3) == ["\(program.pid)", "calibrated", "none"])
    }

    @Test(.enabled(if: TerminalWindow.isOffered, "tmux is not installed"))
    func `The table is painted anew after a resize, with as many columns as fit`() throws {
        let programs = try (0..<2).map { _ in try TestProgram("calibrated") }
        let targets = programs.map { "-p \($0.pid)" }.joined(separator: " ")
        // The next reading is far away: what is painted comes from the resize.
        let screen = try TerminalWindow(
            running: "\(Locations.sonde.path) watch \(targets) -i 1000", columns: 110, rows: 12)
        func shows(_ last: String, without missing: String?) throws -> Bool {
            try eventually {
                let lines = try screen.text().split(separator: "\n")
                guard lines.count == 3, let heading = lines.first else { return false }
                return heading.hasSuffix(last) && missing.map { !heading.contains($0) } ?? true
                    && zip(lines.dropFirst(), programs).allSatisfy {
                        $0.contains(" \($1.pid)  calibrated  too early (")
                    }
            }
        }
        #expect(try shows("CPU", without: nil))
        try screen.resize(columns: 64, rows: 12)
        #expect(try shows("TIME LEFT", without: "OWN"))
        try screen.resize(columns: 110, rows: 8)
        #expect(try shows("CPU", without: nil))
    }
}
