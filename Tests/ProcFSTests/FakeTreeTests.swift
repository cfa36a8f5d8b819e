import Foundation
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// Directories that look like a `/proc`.
@Suite struct FakeTreeTests {
    private let root: TemporaryDirectory

    init() throws { root = try TemporaryDirectory() }

    private func tree(_ files: [String: String]) throws -> ProcFS {
        for (path, content) in files { try root.write(content, to: path) }
        return ProcFS(root: root.path)
    }

    @Test func listsProcessesInOrder() throws {
        let procfs = try tree([
            "42/stat": "", "7/stat": "", "self/stat": "", "007/stat": "", "0/stat": "", "12x/stat": "",
            "99999999999/stat": "", "-3/stat": "", "uptime": "",
        ])
        #expect(try procfs.processes().map(\.rawValue) == [7, 42])
    }

    @Test func findsChildrenByParentWhereTheKernelHasNoList() throws {
        let procfs = try tree([
            "1/stat": Samples.stat, "1/task/1/stat": Samples.stat, "42/stat": Samples.stat, "43/stat": "noise",
        ])
        #expect(try procfs.children(of: ProcessID(rawValue: 1)).map(\.rawValue).contains(42))
    }

    @Test func findsProcessesByTheirUncutName() throws {
        let procfs = try tree([
            "42/stat": Samples.stat(command: "prometheus-node"),
            "42/cmdline": "/usr/bin/prometheus-node-exporter\0--web\0",
            "43/stat": Samples.stat(command: "prometheus-node"),
            "43/cmdline": "nginx: master\0",
            "44/stat": Samples.stat(command: "kworker").replacing(" 4194560 ", with: " 69238880 "),
            "45/stat": Samples.stat(command: "rotate-all-logs"),
            "45/cmdline": "/bin/sh\0/usr/sbin/rotate-all-logs-hourly\0",
        ])
        #expect(try procfs.processes(named: "rotate-all-logs-hourly").map(\.rawValue) == [45])
        #expect(try procfs.processes(named: "prometheus-node-exporter").map(\.rawValue) == [42])
        #expect(try procfs.processes(named: "prom*").map(\.rawValue) == [42, 43])
        #expect(try procfs.processes(named: "kworker") == [])
    }

    @Test func findsProcessesByTheirExecutable() throws {
        let procfs = try tree([
            "42/stat": Samples.stat(command: "MainThread"), "43/stat": Samples.stat(command: "3"),
            "44/stat": Samples.stat(command: "node"), "45/stat": Samples.stat(command: "sh"),
            "45/cmdline": "/bin/sh\0-c\0exit\0",
        ])
        for (number, path) in [
            (42, "/usr/bin/node"), (43, "/memfd:loader/sub (deleted)"), (44, "/opt/other (deleted)"),
            (45, "/usr/bin/dash"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(root.path)/\(number)/exe", withDestinationPath: path)
        }
        #expect(try procfs.processes(named: "node").map(\.rawValue) == [42, 44])
        #expect(try procfs.processes(named: "loader/*").map(\.rawValue) == [43])
        #expect(try procfs.processes(named: "memfd:*").map(\.rawValue) == [43])
        #expect(try procfs.processes(named: "other").map(\.rawValue) == [44])
        let titles = try ([42, 43, 44, 45] as [Int32]).map { number in
            let directory = try procfs.process(ProcessID(rawValue: number))
            return directory.title(command: try directory.stat().command)
        }
        #expect(titles == ["node (MainThread)", "memfd:loader/sub (3)", "other (node)", "sh"])
    }

    @Test func readsSettings() throws {
        let procfs = try tree(["sys/a": "3\n", "sys/b": "-1\n", "sys/c": "on\n", "sys/d": ""])
        #expect(try procfs.setting("sys/a") == 3)
        #expect(try procfs.setting("sys/b") == -1)
        #expect(throws: ProcFSError.malformed(file: "sys/c", field: "number")) { try procfs.setting("sys/c") }
        #expect(throws: ProcFSError.malformed(file: "sys/d", field: "number")) { try procfs.setting("sys/d") }
        #expect(throws: ProcFSError.self) { try procfs.setting("sys/none") }
    }

    @Test func refusesFilesWithoutEnd() throws {
        let procfs = try tree(["1/maps": String(repeating: "x", count: 100_000)])
        let process = try procfs.process(ProcessID(rawValue: 1))
        var buffer: [UInt8] = []
        #expect(throws: ProcFSError.tooLarge(file: "maps", limit: 65536)) {
            try process.read("maps", into: &buffer, limit: 65536)
        }
    }
}
