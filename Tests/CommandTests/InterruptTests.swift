import Foundation
import TestSupport
import Testing

/// Ctrl-C and its relatives.
@Suite struct InterruptTests {
    private let program: TestProgram
    private let directory: TemporaryDirectory

    init() throws {
        program = try TestProgram("calibrated")
        directory = try TemporaryDirectory()
    }

    private var path: String { "\(directory.path)/x.folded" }

    /// Starts a recording without an end.
    private func start(_ arguments: String...) throws -> Child {
        try Child([Locations.sonde.path, "record", "-v", "-f", "folded", "-o", path] + arguments)
    }

    /// Waits until the sampler of `recording` has slept between many ticks.
    private func waitForSamples(_ recording: Child) throws {
        let isSampling = eventually { samplerSleeps(in: recording.pid) > 60 }
        try #require(isSampling)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func `A signal ends the recording and keeps it`(signal: Int32) throws {
        let recording = try start("-p", "\(program.pid)", "-r", "500")
        try waitForSamples(recording)
        recording.send(signal: signal)
        #expect(try recording.exitStatus() == .exited(0))
        recording.waitForOutput()
        let summary = String(decoding: recording.standardError, as: UTF8.self)
        #expect(summary.contains("until interrupted"))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let result = try FoldedRecording(parsing: text, summary: summary)
        #expect(result.samples > 0 && result.samples == result.summaryNumber("samples"))
    }

    @Test func `Ctrl-C before there is a sample`() throws {
        let sleeper = try TestProgram("threads", "2", "0")
        let recording = try start("-p", "\(sleeper.pid)", "-r", "500")
        try waitForSamples(recording)
        recording.send(signal: SIGINT)
        #expect(try recording.exitStatus() == .exited(130))
        recording.waitForOutput()
        #expect(String(decoding: recording.standardError, as: UTF8.self).contains("before a sample was taken"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test func `A second Ctrl-C leaves at once`() throws {
        try run(["/usr/bin/mkfifo", path]).expectSuccess()
        // Held up by a full pipe that nobody reads.
        let reader = try Child(["/bin/sh", "-c", "exec 3<'\(path)'; echo ready; exec sleep 1000"])
        let recording = try start("-p", "\(program.pid)", "-r", "500")
        #expect(try reader.line() == "ready")
        try waitForSamples(recording)
        recording.send(signal: SIGSTOP)
        recording.send(signal: SIGINT)
        recording.send(signal: SIGTERM)
        recording.send(signal: SIGCONT)
        let status = try recording.exitStatus()
        #expect([.signalled(SIGINT), .signalled(SIGTERM)].contains(status))
    }

    @Test func `Ctrl-C ends the wait for a pipe's reader`() throws {
        try run(["/usr/bin/mkfifo", path]).expectSuccess()
        let recording = try start("-p", "\(program.pid)")
        try waitUntilSignalsAreTaken(recording)
        recording.send(signal: SIGINT)
        #expect(try recording.exitStatus() == .exited(130))
    }

    /// Waits until there is the thread that takes signals.
    private func waitUntilSignalsAreTaken(_ recording: Child) throws {
        let areTaken = eventually {
            let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(recording.pid)/task")) ?? []
            return tasks.contains {
                (try? String(contentsOfFile: "/proc/\(recording.pid)/task/\($0)/wchan", encoding: .utf8))?
                    .contains("sigtimedwait") == true
            }
        }
        try #require(areTaken)
    }

    /// In user space: proc_pid_stat(5).
    private func processorSeconds(of process: Substring) -> Double {
        let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let fields = stat?.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 11, let ticks = Double(fields[11]) else { return 0 }
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    @Test func `timeout's signal, sent to Sonde and to its group, is one`() throws {
        let recording = ["record", "-f", "folded", "-o", path, "-r", "500", "-p", "\(program.pid)"]
        let timeout = try Child(["timeout", "--preserve-status", "1000", Locations.sonde.path] + recording)
        let isSampling = try eventually {
            let path = "/proc/\(timeout.pid)/task/\(timeout.pid)/children"
            let children = try String(contentsOfFile: path, encoding: .utf8)
            return children.split(separator: " ").compactMap { Int32($0) }.contains { samplerSleeps(in: $0) > 60 }
        }
        try #require(isSampling)
        // As when its time is over: one signal to its child, another one to its group.
        timeout.send(signal: SIGINT)
        #expect(try timeout.exitStatus() == .exited(0))
        timeout.waitForOutput()
        #expect(String(decoding: timeout.standardError, as: UTF8.self).contains("until interrupted"))
    }

    @Test func `nohup lets a recording go on when its terminal is closed`() throws {
        let recording = try Child(
            ["nohup", Locations.sonde.path, "record", "-f", "folded", "-o", path, "-r", "500"]
                + ["-p", "\(program.pid)"])
        try waitForSamples(recording)
        recording.send(signal: SIGHUP)
        recording.send(signal: SIGTERM)
        #expect(try recording.exitStatus() == .exited(0))
        recording.waitForOutput()
        #expect(String(decoding: recording.standardError, as: UTF8.self).contains("until interrupted"))
    }

    @Test func `A second signal ends Sonde while a page of the target never comes`() throws {
        let target = try TestProgram(named: "withheld", source: Self.withheldPage)
        let recording = try start("-p", "\(target.pid)", "-r", "500")
        try waitUntilSignalsAreTaken(recording)
        for _ in 0..<2 {
            recording.send(signal: SIGINT)
            recording.send(signal: SIGTERM)
        }
        let start = ContinuousClock.now
        let status = try recording.exitStatus()
        #expect([.signalled(SIGINT), .signalled(SIGTERM)].contains(status))
        // A session waits five seconds for a sampler that doesn't end.
        #expect(ContinuousClock.now - start < .seconds(4))
    }

    /// Runs two bytes at the end of a page; a reader of the next one waits for a userfaultfd(2) that never answers.
    private static let withheldPage = """
        #include "program.h"
        #include <linux/userfaultfd.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(void) {
            die_with_parent();
            int file = syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */);
            if (file == -1) file = syscall(SYS_userfaultfd, 0);
            struct uffdio_api api = {.api = UFFD_API};
            unsigned char *code = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            code[4094] = 0xeb; /* jmp . */
            code[4095] = 0xfe;
            struct uffdio_register missing = {
                .range = {(unsigned long)code, 8192}, .mode = UFFDIO_REGISTER_MODE_MISSING};
            if (ioctl(file, UFFDIO_API, &api) || ioctl(file, UFFDIO_REGISTER, &missing)) return 1;
            say_ready();
            ((void (*)(void))(code + 4094))();
        }
        """

    @Test func `An interrupt reaches the command too, and its samples are kept`() throws {
        let command = Locations.testPrograms.appending(path: "calibrated").path
        let recording = try start("-r", "500", "--", command)
        try recording.line { $0 == "ready" }
        let hasUsedTime = eventually {
            let children = try? String(
                contentsOfFile: "/proc/\(recording.pid)/task/\(recording.pid)/children", encoding: .utf8)
            guard let child = children?.split(separator: " ").last else { return false }
            return processorSeconds(of: child) > 0.2
        }
        try #require(hasUsedTime)
        recording.send(signal: SIGINT)
        #expect(try recording.exitStatus() == .exited(128 + SIGINT))
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("hot"))
    }
}

extension CommandResult {
    fileprivate func expectSuccess() { #expect(status == .exited(0), "\(errors)") }
}
