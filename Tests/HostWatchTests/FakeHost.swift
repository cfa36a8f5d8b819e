import Foundation
import HostWatch
import ProcFS
import ProfileModel
import TestSupport

/// A directory that has the form of the `/proc` of a small host.
final class FakeHost {
    let root: TemporaryDirectory
    static let user = geteuid()
    /// A start time that no process of a fake host comes near without being told.
    static let longAgo = 5000

    init() throws {
        root = try TemporaryDirectory()
        try root.write(
            "MemTotal: 1000000 kB\nMemFree: 5 kB\nMemAvailable: 600000 kB\nSwapTotal: 200 kB\nSwapFree: 100 kB\n",
            to: "proc/meminfo")
        try root.write(
            "cpu  100 200 300 400 500 600 700 800 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\ncpu1 1 2\nintr 0\n", to: "proc/stat")
    }

    func collector(
        _ settings: HostWatchSettings = HostWatchSettings(), userName: (@Sendable (UInt32) -> String?)? = nil
    ) throws -> HostCollector {
        try HostCollector(
            procfs: ProcFS(root: "\(root.path)/proc"), cgroups: CgroupFS(root: "\(root.path)/cgroup"),
            devices: BlockDevices(root: "\(root.path)/sys"),
            interfaces: NetworkInterfaces(root: "\(root.path)/sys"), settings: settings, userName: userName)
    }

    func time(_ seconds: Double) -> WatchTime { WatchTime(monotonic: 1000 + seconds, wall: 1.7e9 + seconds) }

    func groups(_ snapshot: HostSnapshot) -> [Int32: String] {
        Dictionary(uniqueKeysWithValues: snapshot.processes.map { ($0.identity.process.rawValue, $0.group) })
    }

    /// Writes a process's files, or writes them anew.
    func add(
        _ number: Int32, _ command: String, parent: Int32 = 1, start: Int = longAgo,
        ticks: (user: Int, system: Int) = (0, 0),
        childTicks: (user: Int, system: Int) = (0, 0), residentPages: Int = 100, swapKibibytes: Int = 12,
        virtual: Int = 8192, flags: Int = 0, stack: Int = 0,
        commandLine: String = "", commandLineBytes: [UInt8]? = nil, executable: String? = nil,
        cgroup: String = "0::/\n",
        io: (read: Int, written: Int)? = nil
    ) throws {
        let place = "proc/\(number)"
        try root.write(
            "\(number) (\(command)) S \(parent) 1 1 0 -1 \(flags) \(residentPages) 0 0 0 \(ticks.user) \(ticks.system) "
                + "\(childTicks.user) \(childTicks.system) 20 0 3 0 \(start) \(virtual) \(residentPages) 0 0 0 \(stack) 0 0 "
                + "0 0 0 0 0 0 0 17 0 0 0\n", to: "\(place)/stat")
        try root.write("1000 \(residentPages) \(residentPages / 4) 1 0 2 0\n", to: "\(place)/statm")
        try root.write(
            "Name:\tx\nUid:\t\(Self.user)\t\(Self.user)\t0\t0\nRssAnon:\t4 kB\nVmSwap:\t\(swapKibibytes) kB\n",
            to: "\(place)/status")
        try root.write(cgroup, to: "\(place)/cgroup")
        try root.write(commandLineBytes ?? Array(commandLine.utf8), to: "\(place)/cmdline")
        if let io {
            try root.write("rchar: 1\nread_bytes: \(io.read)\nwrite_bytes: \(io.written)\n", to: "\(place)/io")
        }
        if let executable { try link(executable, at: "\(place)/exe") }
    }

    /// Makes a symbolic link, or makes it anew.
    func link(_ target: String, at path: String) throws {
        let link = root.url.appending(path: path)
        try FileManager.default.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? FileManager.default.removeItem(at: link)
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: target)
    }

    func remove(_ number: Int32) throws {
        try FileManager.default.removeItem(at: root.url.appending(path: "proc/\(number)"))
    }

    /// A start time after every collection so far, in clock ticks since boot.
    func startNow() -> Int {
        var time = timespec()
        // Safe: the call fills the structure.
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return (Int(time.tv_sec) + 1) * 100
    }
}
