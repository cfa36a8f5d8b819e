import Glibc
import ProcFS
import ProfileModel
import TestSupport
import Testing

/// The files of this very test process, and of children that it makes.
@Suite struct RealProcTests {
    let procfs = ProcFS()
    let own = ProcessID(rawValue: getpid())

    static func sleeper() throws -> TestProgram {
        try TestProgram(
            named: "sonde-sleep",
            source: """
                #include <unistd.h>
                int main(void) { write(1, "ready\\n", 6); for (;;) pause(); }
                """)
    }

    @Test func readsItsOwnFiles() throws {
        let process = try procfs.process(own)
        let stat = try process.stat()
        #expect(stat.id == getpid())
        #expect(stat.parent == ProcessID(rawValue: getppid()))
        #expect(stat.processor != nil)
        let status = try process.status()
        #expect(status.process == own)
        #expect(status.name == stat.command)
        #expect(status.user?.effective == geteuid())
        #expect(status.namespaceIDs.last == getpid() || status.namespaceIDs.count == 1)
        #expect(status.boundingCapabilities != nil && status.seccomp != nil && status.voluntarySwitches != nil)
        #expect(try process.statm().residentPages > 100)
        #expect(try process.cmdline().arguments == CommandLine.arguments)
        #expect(try process.executable().isDeleted == false)
    }

    @Test func readsWhenThisThreadWasLastSeenByTheScheduler() throws {
        var files = try procfs.ownThread()
        var buffer: [UInt8] = []
        #expect(try files.sched(using: &buffer).updatedAt > 0)
    }

    @Test func findsTheVirtualSharedObjectByAuxvAndMaps() throws {
        let process = try procfs.process(own)
        var buffer: [UInt8] = []
        let maps = try process.maps(using: &buffer)
        let address = try #require(process.auxv().vdso)
        #expect(maps.mapping(containing: address)?.name == "[vdso]")
        let executable = try process.executable().path
        #expect(maps.entries.contains { $0.name == executable && $0.isExecutable && $0.isFile })
        #expect(maps.mapping(containing: Address(rawValue: 0)) == nil)
    }

    @Test func listsAndCountsItsThreads() throws {
        let process = try procfs.process(own)
        var tasks = try TaskList(of: process)
        var threads: [ThreadID] = []
        try tasks.read(into: &threads)
        #expect(threads.contains(ThreadID(rawValue: getpid())))
        #expect(try tasks.count() >= 1)
        try tasks.read(into: &threads)
        #expect(!threads.isEmpty)
    }

    @Test func followsOneSleepingThread() throws {
        let child = try Self.sleeper()
        let process = try procfs.process(child.id)
        var files = try ThreadFiles(of: ThreadID(rawValue: child.id.rawValue), in: process)
        var buffer: [UInt8] = []
        while try files.stat(using: &buffer).state != .sleeping { sched_yield() }
        let first = try files.schedstat(using: &buffer)
        let call = try files.systemCall(using: &buffer)
        #expect(try files.schedstat(using: &buffer).timeslices == first.timeslices)
        guard case .systemCall(let systemCall, let stackPointer, _) = call else {
            Issue.record("not in a system call: \(call)")
            return
        }
        #expect(systemCall.number == 34)  // pause(2)
        var maps: [UInt8] = []
        #expect(try process.maps(using: &maps).mapping(containing: stackPointer)?.name == "[stack]")
    }

    @Test func saysVanishedAboutAnEndedProcess() throws {
        let child = try Self.sleeper()
        let process = try procfs.process(child.id)
        var files = try ThreadFiles(of: ThreadID(rawValue: child.id.rawValue), in: process)
        var tasks = try TaskList(of: process)
        child.kill()
        var buffer: [UInt8] = []
        var threads: [ThreadID] = []
        #expect(throws: ProcFSError.vanished(file: "stat")) { try files.stat(using: &buffer) }
        #expect(throws: ProcFSError.vanished(file: "syscall")) { try files.systemCall(using: &buffer) }
        #expect(throws: ProcFSError.vanished(file: "status")) { try process.status() }
        #expect(throws: ProcFSError.vanished(file: "exe")) { try process.link("exe") }
        #expect(throws: ProcFSError.vanished(file: "task")) { try tasks.read(into: &threads) }
        #expect(throws: (any Error).self) { _ = try ProcFS().process(child.id) }
    }

    @Test func saysThatTheKernelDoesNotOfferAFile() throws {
        let process = try procfs.process(own)
        #expect(throws: ProcFSError.notOffered(file: "no-such-file")) { try process.link("no-such-file") }
    }

    @Test func readsAZombie() throws {
        let child = try Self.sleeper()
        let process = try procfs.process(child.id)
        child.child.killWithoutReaping()
        #expect(try process.stat().state == .zombie)
        #expect(try process.cmdline().arguments == [])
    }

    @Test func findsAChildByParentAndByName() throws {
        let child = try Self.sleeper()
        #expect(try procfs.children(of: own).contains(child.id))
        #expect(try procfs.processes(named: "sonde-sl*p").contains(child.id))
        #expect(try procfs.processes(named: "sonde-[a-s]lee?").contains(child.id))
        #expect(try procfs.processes(named: "SONDE*") == [])
        #expect(try !procfs.processes(named: "*").contains(own))
    }

    @Test func knowsWhoHasItsParentsMemory() throws {
        let program = try TestProgram(
            named: "sonde-vfork",
            source: """
                #include "program.h"
                #include <sys/wait.h>
                int main(void) {
                    die_with_parent();
                    pid_t forked = fork();
                    if (forked == 0) { die_with(getppid()); for (;;) pause(); }
                    printf("%d\\n", forked);
                    fflush(stdout);
                    if (vfork() == 0) { say_ready(); for (;;) pause(); }
                }
                """)
        let printed = String(decoding: program.child.standardOutput, as: UTF8.self)
        let forked = ProcessID(rawValue: try #require(Int32(printed.split(separator: "\n")[0])))
        let sharing = try #require(try procfs.children(of: program.id).first { $0 != forked })
        defer { kill(sharing.rawValue, SIGKILL) }
        #expect(sharing.sharesMemory(with: program.id) && !forked.sharesMemory(with: program.id))
        #expect(try procfs.process(sharing).stat().flags.contains(.notExecuted))
        #expect(!ProcessID(rawValue: 4_194_304).sharesMemory(with: program.id))
    }

    @Test func readsTenThousandMappings() throws {
        let program = try TestProgram(
            named: "sonde-mappings",
            source: """
                #include <sys/mman.h>
                #include <unistd.h>
                int main(void) {
                    char *memory = mmap(0, 10000 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    for (int page = 0; page < 10000; page += 2) mprotect(memory + page * 4096, 4096, PROT_NONE);
                    write(1, "ready\\n", 6);
                    for (;;) pause();
                }
                """)
        var buffer: [UInt8] = []
        let maps = try procfs.process(program.id).maps(using: &buffer)
        #expect(maps.entries.count > 10_000)
        #expect(maps.entries.count { $0.size == 4096 && $0.permissions.isEmpty } >= 5_000)
    }
}
