import Foundation
import HostWatch
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// The real `/proc`, against what other tools and files say.
@Suite(.serialized) struct RealHostTests {
    private static func now() -> WatchTime {
        WatchTime(monotonic: ProcessInfo.processInfo.systemUptime, wall: Date().timeIntervalSince1970)
    }

    private static func measurement(_ pid: Int32, in snapshot: HostSnapshot) throws -> ProcessMeasurement {
        try #require(snapshot.processes.first { $0.identity.process.rawValue == pid })
    }

    private func collect(_ change: (inout HostWatchSettings) -> Void = { _ in }) throws -> HostSnapshot {
        var settings = HostWatchSettings()
        change(&settings)
        var collector = try HostCollector(settings: settings)
        return try collector.collect(at: Self.now())
    }

    /// It touches memory of its own, opens files and then only sleeps, so that nothing changes any more.
    private static func holder(megabytes: Int = 32, files: Int = 50) throws -> TestProgram {
        let program = try TestProgram(
            named: "sonde-holder",
            source: """
                #include <fcntl.h>
                #include <sys/mman.h>
                #include "program.h"
                int main(void) {
                    die_with_parent();
                    size_t size = \(megabytes)ul << 20;
                    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    memset(memory, 1, size);
                    for (int i = 0; i < \(files); i++) open("/dev/null", O_RDONLY);
                    say_ready();
                    for (;;) pause();
                }
                """)
        try program.waitForSleepers(named: "sonde-holder")
        return program
    }

    @Test func agreesWithStatusAboutMemory() throws {
        let program = try Self.holder()
        let measured = try Self.measurement(program.pid, in: collect { $0.proportionalInterval = 30 })
        let process = try ProcFS().process(program.id)
        var buffer: [UInt8] = []
        let status = try process.memoryStatus(using: &buffer)
        #expect(measured.memory.anonymous == status.anonymousBytes)
        #expect(measured.memory.swap == .value(status.swapBytes ?? 1))
        #expect(measured.memory.resident == (try process.stat().residentPages) * UInt64(getpagesize()))
        #expect(measured.memory.anonymous >= 32 << 20)
        #expect(measured.memory.virtual == (try process.stat().virtualBytes))
        let proportional = try #require(measured.memory.proportional.value)
        #expect(proportional >= 32 << 20 && proportional <= measured.memory.resident)
        #expect(measured.user == geteuid() && measured.command == "sonde-holder" && measured.threads == 1)
    }

    @Test func agreesWithTheDirectoryAboutDescriptors() throws {
        let program = try Self.holder()
        let measured = try Self.measurement(program.pid, in: collect())
        let listed = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/fd").count
        var limit = rlimit()
        // Safe: the call fills the structure; the child has the limits of this process.
        unsafe getrlimit(__rlimit_resource_t(7), &limit)
        #expect(measured.descriptors == .value(DescriptorUse(open: UInt64(listed), limit: UInt64(limit.rlim_cur))))
        #expect(listed >= 53)
    }

    @Test func agreesWithTheKernelAboutTheHost() throws {
        let snapshot = try collect()
        #expect(snapshot.host.memory.value?.total == UInt64(sysconf(Int32(_SC_PHYS_PAGES))) * UInt64(getpagesize()))
        #expect(snapshot.host.cpuCount == sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let cpu = try #require(snapshot.host.cpu.value)
        #expect(cpu.user > 0 && cpu.idle > 0)
        #expect(snapshot.host.network.value != nil && snapshot.host.loadAverage.value != nil)
        #expect(snapshot.processes.map(\.identity.process) == snapshot.processes.map(\.identity.process).sorted())
        #expect(snapshot.cost.cpuSeconds > 0 && snapshot.cost.wallSeconds > 0)
    }

    @Test func countsWhatAProcessUses() throws {
        let program = try TestProgram(
            named: "sonde-burner",
            source: """
                #include "program.h"
                int main(void) {
                    die_with_parent();
                    say_ready();
                    if (getchar() != 'x') return 1;
                    for (;;) burn(1, 1000000);
                }
                """)
        var settings = HostWatchSettings()
        settings.rules = [GroupRule(name: "all {{.Comm}}")]
        var collector = try HostCollector(settings: settings)
        let before = try collector.collect(at: Self.now())
        try program.child.write(Data("x".utf8))
        let name = "all sonde-burner"
        var after = before
        let isReached = try eventually {
            after = try collector.collect(at: Self.now())
            return after.groups.contains { $0.name == name && $0.cpu.user >= 0.3 }
        }
        #expect(isReached)
        let used =
            try Self.measurement(program.pid, in: after).cpu.user - Self.measurement(program.pid, in: before).cpu.user
        let counted = try #require(after.groups.first { $0.name == name }).cpu.user
        // Both come from the same ticks.
        #expect(abs(counted - used) < 0.005)
    }

    @Test func countsAStormOfShortLivedChildrenForTheirParent() throws {
        let storm = try TestProgram(
            named: "sonde-storm",
            source: """
                #include <poll.h>
                #include <sys/wait.h>
                #include "program.h"
                int main(void) {
                    die_with_parent();
                    say_ready();
                    struct pollfd input = {.fd = 0, .events = POLLIN};
                    while (poll(&input, 1, 0) == 0) {
                        pid_t parent = getpid(), child = fork();
                        if (child == 0) { die_with(parent); burn(1, 5000000); _exit(0); }
                        waitpid(child, NULL, 0);
                        sleep_milliseconds(5);
                    }
                    while (getchar() != EOF) {}
                    puts("quiet"), fflush(stdout);
                    for (;;) pause();
                }
                """)
        var collector = try HostCollector()
        var highest = 0.0
        func user(_ snapshot: HostSnapshot) -> Double {
            snapshot.groups.first { $0.name == "sonde-storm" }?.cpu.user ?? 0
        }
        let first = try collector.collect(at: Self.now())
        let atFirst = try ProcFS().process(storm.id).stat()
        for _ in 0..<40 {
            let now = try user(collector.collect(at: Self.now()))
            #expect(now >= highest)
            highest = now
            usleep(20_000)
        }
        storm.child.closeInput()
        try storm.child.line { $0 == "quiet" }
        _ = try collector.collect(at: Self.now())
        let total = try user(collector.collect(at: Self.now())) - user(first)
        let atLast = try ProcFS().process(storm.id).stat()
        let used =
            Double(atLast.userTicks + atLast.childUserTicks - atFirst.userTicks - atFirst.childUserTicks)
            / Double(sysconf(Int32(_SC_CLK_TCK)))
        #expect(used > 0.2)
        // A tick is lost or won where a child was seen, in each of 42 collections at most.
        #expect(abs(total - used) <= 0.42, "counted \(total) s of \(used) s")
        #expect(total > used / 2)
    }

    @Test(.enabled(if: Privileges.isRoot)) func saysWhatItMayNotRead() throws {
        let hidden = try Self.holder()
        let directory = try TemporaryDirectory()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
        let copy = directory.url.appending(path: "sonde-host-collection")
        try FileManager.default.copyItem(at: Locations.products.appending(path: "sonde-host-collection"), to: copy)
        let report = try run(Privileges.asNobody([copy.path])).output
        let lines = report.split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("\(hidden.pid) ") })
        #expect(line.contains("disk notPermitted connections notPermitted"))
        #expect(line.contains("swap value"))
        #expect(lines.contains { $0 == "group sonde-holder unreadable connections disk" })
        #expect(lines.contains("not all connections"))
    }

    /// Where nothing can be swapped out, there is nothing to miss.
    @Test(.enabled(if: (try? MemInfo(parsing: ProcFS().bytes(of: "meminfo")).swapFree) ?? 0 > 64 << 20, "no swap"))
    func countsWhatIsSwappedOutAtOnce() throws {
        let program = try TestProgram(
            named: "sonde-swapper",
            source: """
                #include <sys/mman.h>
                #include "program.h"
                int main(void) {
                    die_with_parent();
                    size_t size = 32ul << 20;
                    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    for (size_t i = 0; i < size; i++) memory[i] = (char)(i * i >> 7);
                    say_ready();
                    if (getchar() != 'x') return 1;
                    madvise(memory, size, 21 /* MADV_PAGEOUT */);
                    puts("out"), fflush(stdout);
                    for (;;) pause();
                }
                """)
        var collector = try HostCollector()
        let before = try Self.measurement(program.pid, in: collector.collect(at: Self.now())).memory
        try program.child.write(Data("x".utf8))
        try program.child.line { $0 == "out" }
        let after = try Self.measurement(program.pid, in: collector.collect(at: Self.now())).memory
        #expect(after.anonymous + (8 << 20) < before.anonymous)
        #expect(after.leakable + (1 << 20) > before.leakable, "\(before) \(after)")
    }

    @Test func leavesOutWhatWasFreedLazilyAndCountsWhatNoResidentSizeShows() throws {
        let program = try TestProgram(
            named: "sonde-mixed",
            source: """
                #include <sys/mman.h>
                #include "program.h"
                int main(void) {
                    die_with_parent();
                    size_t mebibyte = 1 << 20;
                    static char block[1 << 20];
                    int file = memfd_create("held", 0);
                    say_ready();
                    if (getchar() != 'x') return 1;
                    char *lazy = mmap(0, 48 * mebibyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    memset(lazy, 1, 48 * mebibyte);
                    madvise(lazy, 48 * mebibyte, MADV_FREE);
                    memset(mmap(0, 6 * mebibyte, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), 1, 6 * mebibyte);
                    memset(block, 1, mebibyte);
                    for (int i = 0; i < 5; i++) if (write(file, block, mebibyte) < 0) fail("write");
                    volatile char *sparse = mmap(0, 2048 * mebibyte, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    for (size_t at = 0; at < 2048 * mebibyte; at += 2 * mebibyte) (void)sparse[at];
                    puts("grown"), fflush(stdout);
                    for (;;) pause();
                }
                """)
        var settings = HostWatchSettings()
        settings.statusInterval = 0.1
        var collector = try HostCollector(settings: settings)
        let before = try Self.measurement(program.pid, in: collector.collect(at: Self.now())).memory
        try program.child.write(Data("x".utf8))
        try program.child.line(within: 60) { $0 == "grown" }
        let mebibyte: UInt64 = 1 << 20
        var memory = before
        let isRead = try eventually {
            memory = try Self.measurement(program.pid, in: collector.collect(at: Self.now())).memory
            return memory.lazilyFreed != nil && memory.composition.value?.ownShared ?? 0 > 0
        }
        try #require(isRead, "\(memory)")
        // The kernel takes what was freed lazily when it likes.
        #expect(memory.anonymous + (memory.lazilyFreed ?? 0) > before.anonymous + 40 * mebibyte)
        #expect(memory.composition.value?.ownShared == 6 * mebibyte)
        #expect(memory.memoryFiles == 5 * mebibyte && memory.pageTables >= 4 * mebibyte)
        let growth = memory.leakable - before.leakable
        #expect((15 * mebibyte...22 * mebibyte).contains(growth), "\(before) \(memory)")
    }

    @Test func countsTheMemoryOfAChildThatHasItsParentsOnce() throws {
        let program = try TestProgram(
            named: "sonde-vforker",
            source: """
                #include "program.h"
                int main(void) {
                    die_with_parent();
                    memset(malloc(64 << 20), 1, 64 << 20);
                    if (vfork() == 0) { say_ready(); for (;;) pause(); }
                }
                """)
        let child = try #require(try ProcFS().children(of: program.id).first)
        defer { kill(child.rawValue, SIGKILL) }
        #expect(try eventually { try ProcFS().process(child).stat().state == .sleeping })
        var rule = GroupRule(name: "vforkers")
        rule.commands = ["sonde-vforker"]
        let snapshot = try collect { $0.rules = [rule] }
        let (parents, childs) = (
            try Self.measurement(program.pid, in: snapshot), try Self.measurement(child.rawValue, in: snapshot)
        )
        #expect(childs.memory.isParents && !parents.memory.isParents)
        #expect(childs.memory.resident == parents.memory.resident)
        let group = try #require(snapshot.groups.first { $0.name == "vforkers" })
        #expect(group.processes == 2 && group.resident == .value(parents.memory.resident))
        #expect(group.anonymous == .value(parents.memory.anonymous) && group.virtual == .value(parents.memory.virtual))
    }

    /// The kernel shows nothing of its memory in the process's own directory.
    @Test func measuresAProcessWhoseFirstThreadHasEnded() throws {
        let program = try TestProgram(
            named: "sonde-headless",
            source: """
                #include <fcntl.h>
                #include <pthread.h>
                #include "program.h"
                static void *stay(void *memory) {
                    memset(memory, 1, 16 << 20);
                    for (int i = 0; i < 5; i++) open("/dev/null", O_RDONLY);
                    say_ready();
                    for (;;) pause();
                }
                int main(void) {
                    pthread_t thread;
                    pthread_create(&thread, NULL, stay, malloc(16 << 20));
                    pthread_exit(NULL);
                }
                """)
        #expect(try eventually { try ProcFS().process(program.id).stat().state == .zombie })
        var collector = try HostCollector()
        for _ in 0..<2 {
            let measured = try Self.measurement(program.pid, in: collector.collect(at: Self.now()))
            #expect(measured.memory.anonymous >= 16 << 20 && measured.memory.resident >= measured.memory.anonymous)
            #expect(measured.memory.virtual > 16 << 20)
            #expect(measured.descriptors.value?.open ?? 0 >= 8)
        }
    }

    @Test func measuresAThousandProcesses() throws {
        let program = try TestProgram(
            named: "sonde-thousand",
            source: """
                #include "program.h"
                int main(void) {
                    die_with_parent();
                    pid_t parent = getpid();
                    for (int i = 0; i < 1000; i++) {
                        pid_t child = fork();
                        if (child == -1) fail("fork");
                        if (child == 0) { die_with(parent); for (;;) pause(); }
                    }
                    say_ready();
                    for (;;) pause();
                }
                """)
        var collector = try HostCollector()
        var group: GroupMeasurement?
        for _ in 0..<3 { group = try collector.collect(at: Self.now()).groups.first { $0.name == "sonde-thousand" } }
        #expect(group?.processes == 1001 && group?.threads == .value(1001))
        #expect(group?.openDescriptors.value ?? 0 >= 3003)
        program.kill()
        #expect(
            try eventually {
                try collector.collect(at: Self.now()).groups.first { $0.name == "sonde-thousand" }?.ended == 1001
            })
    }
}
