import Foundation
import HostWatch
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// A cgroup of the kernel's, with a limit, in whichever version the memory controller is in here.
@Suite struct RealCgroupTests {
    /// Where a cgroup with a memory limit can be made, and the file that limits it; `nil` where it can't.
    private static let place: (directory: String, file: String)? = {
        let places = [
            ("/sys/fs/cgroup", "memory.max", "/sys/fs/cgroup/cgroup.subtree_control"),
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        ]
        for (directory, file, proof) in places where unsafe access(directory, W_OK) == 0 {
            let offered = (try? String(contentsOfFile: proof, encoding: .utf8)) ?? ""
            if file == "memory.max" ? offered.contains("memory") : !offered.isEmpty { return (directory, file) }
        }
        return nil
    }()

    @Test(.enabled(if: place != nil, "no cgroup with a memory limit can be made here"))
    func limitsAProcessByItsOwnCgroup() throws {
        let place = try #require(Self.place)
        let outer = "\(place.directory)/sonde-test-\(getpid())"
        let inner = "\(outer)/inner"
        for directory in [outer, inner] { try make(directory) }
        defer { for directory in [inner, outer] { unsafe rmdir(directory) } }
        try write("209715200", to: "\(outer)/\(place.file)")
        let child = try Child(["/bin/sleep", "600"])
        try write("\(child.pid)", to: "\(inner)/cgroup.procs")
        var watcher = try HostWatcher()
        let snapshot = try watcher.look(at: WatchTime(monotonic: 1000, wall: 1000))
        let process = snapshot.processes.first { $0.identity.process.rawValue == child.pid }
        #expect(process?.memory.limit == MemoryLimit(bytes: 209_715_200, source: .cgroup))
        let cgroup = try #require(snapshot.cgroups.first { $0.path.hasSuffix("/sonde-test-\(getpid())") })
        #expect(cgroup.limit == 209_715_200 && cgroup.processes == 1)
        let use = try #require(cgroup.use)
        #expect(use.current < 209_715_200 && use.reclaimable <= use.current)
        #expect(process?.memory.room ?? .max <= 209_715_200 - use.working)
        child.kill()
    }

    private func make(_ directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    }

    private func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }
}
