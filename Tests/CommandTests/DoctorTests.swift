import Foundation
import TestSupport
import Testing

/// `sonde doctor`, run as a program.
@Suite struct DoctorTests {
    private struct Report: Decodable {
        struct Check: Decodable {
            let name: String
            let status: String
            let finding: String
            let remedy: String?
        }

        struct Target: Decodable {
            let pid: Int32
            let checks: [Check]
        }

        let host: [Check]
        let processes: [Target]
    }

    private static func report(_ arguments: String...) throws -> (result: CommandResult, report: Report) {
        let result = try sonde(["doctor", "--json"] + arguments)
        return (result, try JSONDecoder().decode(Report.self, from: result.standardOutput))
    }

    @Test func describesTheHost() throws {
        let report = try Self.report().report
        let expected = ["kernel", "architecture", "libunwind", "user", "capabilities", "Yama", "seccomp", "perf_event"]
        #expect(Set(expected).isSubset(of: report.host.map(\.name)))
        #expect(report.processes.isEmpty)
        let lacking = report.host.filter { ["warning", "failed"].contains($0.status) && $0.remedy == nil }
        #expect(lacking.map(\.name) == [])
    }

    @Test func acceptsAProcessThatCanBeAttachedTo() throws {
        let child = try TestProgram("threads", "2", "0")
        let (result, report) = try Self.report("-p", "\(child.pid)")
        #expect(result.status == .exited(0))
        #expect(report.processes.first?.pid == child.pid)
        #expect(report.processes.first?.checks.first { $0.name == "attaching" }?.status == "ok")
    }

    @Test func refusesAProcessThatDoesNotExist() throws {
        let (result, report) = try Self.report("--pid", "99999999")
        #expect(result.status == .exited(1))
        #expect(report.processes.first?.checks.first?.status == "failed")
        #expect(report.processes.first?.checks.first?.remedy != nil)
    }

    @Test func saysOfAZombieThatItHasEndedAndNothingElse() throws {
        let child = try TestProgram("calibrated")
        child.child.killWithoutReaping()
        let (result, report) = try Self.report("-p", "\(child.pid)")
        #expect(result.status == .exited(1))
        let checks = try #require(report.processes.first?.checks)
        #expect(checks.map(\.name) == ["attaching", "process"])
        #expect(checks[0].status == "failed" && checks[0].finding.contains("has ended"))
        #expect(checks[1].finding.contains("zombie"))
    }

    @Test func looksIntoAProcessWhoseFirstThreadHasEnded() throws {
        let child = try TestProgram("headless")
        let isHeadless = try eventually {
            try Self.report("-p", "\(child.pid)").report.processes.first?.checks
                .contains { $0.finding.contains("the first one has ended") } == true
        }
        #expect(isHeadless)
        let report = try Self.report("-p", "\(child.pid)").report
        let executable = try #require(report.processes.first?.checks.first { $0.name == "executable" })
        #expect(executable.status == "ok" && executable.finding.hasSuffix("/headless"))
    }

    @Test(arguments: ["0", "-1", "x", "99999999999"]) func refusesWrongUsage(pid: String) throws {
        #expect(try sonde("doctor", "--pid=\(pid)").status == .exited(64))
    }

    @Test func writesNoColoursToAPipe() throws {
        let output = try sonde("doctor").output
        #expect(!output.contains("\u{1b}"))
        #expect(output.hasPrefix("Host\n"))
    }
}
