import Foundation
import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// A cgroup of the kernel's, with a limit, in whichever version the memory controller is in here.
@Suite(.enabled(if: LimitedCgroup.isOffered, "no cgroup with a memory limit can be made here"))
struct RealCgroupTests {
    private func collect(at cgroup: LimitedCgroup) throws -> (snapshot: HostSnapshot, memory: CgroupMemory) {
        var collector = try HostCollector()
        let snapshot = try collector.collect(at: WatchTime(monotonic: 1000, wall: 1000))
        return (snapshot, try #require(snapshot.cgroups.first { $0.path.hasSuffix(cgroup.path) }))
    }

    @Test func limitsAProcessByItsOwnCgroup() throws {
        let outer = try LimitedCgroup(limit: 209_715_200)
        let child = try outer.run("echo ready && exec sleep 600")
        try child.line { $0 == "ready" }
        let (snapshot, cgroup) = try collect(at: outer)
        let process = snapshot.processes.first { $0.identity.process.rawValue == child.pid }
        #expect(process?.memory.limit == MemoryLimit(bytes: 209_715_200, source: .cgroup))
        #expect(cgroup.limit == CgroupLimit(bytes: 209_715_200, kind: .max) && cgroup.processes == 1)
        #expect(cgroup.largest?.process.rawValue == child.pid)
        let use = try #require(cgroup.use)
        #expect(use.current < 209_715_200 && use.inactiveFile <= use.current)
        guard case .shared(let room)? = process?.memory.room else {
            Issue.record("the cgroup's use was not read")
            return
        }
        #expect(room <= 209_715_200 - use.working)
    }

    /// Of 192 MiB in use two thirds are a file that was read, which the kernel takes back.
    @Test func tellsWhatLiesInTmpfsFromThePageCache() throws {
        let (mebibyte, directory) = (1 << 20 as UInt64, try TemporaryDirectory())
        let outer = try LimitedCgroup(limit: 256 * mebibyte)
        let memory = "/dev/shm\(outer.path)"
        let child = try outer.run(
            """
            dd if=/dev/zero of=\(memory) bs=1M count=64 && dd if=/dev/zero of=\(directory.path)/file bs=1M count=128 \
            conv=fsync && cat \(directory.path)/file >/dev/null && echo ready && exec sleep 600
            """)
        defer { unsafe unlink(memory) }
        try child.line(within: 60) { $0 == "ready" }
        let cgroup = try collect(at: outer).memory
        let use = try #require(cgroup.use)
        #expect(use.current >= 160 * mebibyte, "\(use)")
        let unreclaimable = try #require(use.unreclaimable)
        #expect((64 * mebibyte..<80 * mebibyte).contains(unreclaimable), "\(use)")
        #expect(cgroup.unreclaimableShare == Double(unreclaimable) / Double(256 * mebibyte))
    }

    private static let hugePages = "/sys/kernel/mm/transparent_hugepage/enabled"
    private static var hasHugePages: Bool {
        let modes = (try? String(contentsOfFile: hugePages, encoding: .utf8)) ?? "[never]"
        return !modes.contains("[never]")
    }

    /// Of each of 48 huge pages it frees all but the last small one, which the kernel takes back only when it is short of memory.
    @Test(.enabled(if: hasHugePages, "no transparent huge pages here"))
    func isNotFullOfPartlyFreedHugePages() throws {
        let mebibyte = 1 << 20 as UInt64
        let workshop = try Workshop()
        try workshop.write(
            """
            #include <sys/mman.h>
            #include <string.h>
            #include <stdint.h>
            #include <unistd.h>
            int main(void) {
                size_t huge = 2 << 20, size = 48 * huge;
                char *memory = mmap(0, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                memory = (char *)(((uintptr_t)memory + huge - 1) & ~(huge - 1));
                madvise(memory, size, MADV_HUGEPAGE);
                memset(memory, 1, size);
                for (size_t at = 0; at < size; at += huge) madvise(memory + at, huge - 4096, MADV_DONTNEED);
                write(1, "ready\\n", 6);
                for (;;) pause();
            }
            """, to: "partly.c")
        try workshop.run(["gcc", "-O1", "-o", "partly", "partly.c"])
        // So that the kernel has huge pages to give.
        try? "1".write(toFile: "/proc/sys/vm/compact_memory", atomically: false, encoding: .utf8)
        let outer = try LimitedCgroup(limit: 110 * mebibyte)
        let child = try outer.run("exec \(workshop.directory)/partly")
        try child.line(within: 60) { $0 == "ready" }
        let use = try #require(try collect(at: outer).memory.use)
        // The kernel may have had too few huge pages.
        try #require(use.current >= 64 * mebibyte, "\(use)")
        #expect(try #require(use.unreclaimable) < 48 * mebibyte, "\(use)")
    }
}
