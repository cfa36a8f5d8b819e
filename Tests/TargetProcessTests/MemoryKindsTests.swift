import Foundation
import ProcFS
import ProfileModel
import TargetProcess
import TestSupport
import Testing

/// Memory that no resident size shows, or that is not what it seems, of real processes.
@Suite(.serialized) struct MemoryKindsTests {
    private static let mebibyte: UInt64 = 1 << 20

    private func program(_ name: String, _ body: String) throws -> TestProgram {
        try TestProgram(
            named: name,
            source: """
                #include "program.h"
                #include <fcntl.h>
                #include <sys/mman.h>
                #include <sys/wait.h>
                #define MIB (1ul << 20)
                static char *map(size_t size, int flags, int file) {
                    char *memory = mmap(0, size, PROT_READ | PROT_WRITE, flags, file, 0);
                    if (memory == MAP_FAILED) fail("mmap");
                    return memory;
                }
                int main(void) {
                    die_with_parent();
                    \(body)
                    say_ready();
                    for (;;) pause();
                }
                """)
    }

    private func breakdown(_ program: TestProgram) throws -> MemoryBreakdown {
        var reading = try MemoryReading(at: program.id, in: ProcFS())
        return try reading.breakdown()
    }

    private func composition(_ program: TestProgram) throws -> (composition: MemoryComposition, files: [MemoryFile]) {
        var buffer: [UInt8] = []
        return try ProcFS().process(program.id).memoryComposition(byMapping: true, using: &buffer)
    }

    @Test func `What was freed lazily is in RAM, and not in use`() throws {
        let program = try program(
            "sonde-lazy",
            """
            char *memory = map(32 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);
            memset(memory, 1, 32 * MIB);
            if (madvise(memory, 24 * MIB, MADV_FREE)) fail("madvise");
            """)
        let freed = try breakdown(program).amount(of: .anonymous).lazilyFreed
        // The kernel may not have come to all pages yet, and may take some at any time.
        #expect((20 * Self.mebibyte...24 * Self.mebibyte).contains(freed), "\(freed)")
        let found = try composition(program).composition
        #expect(found.lazilyFreed >= 20 * Self.mebibyte)
        let inUse = try #require(found.anonymousInUse)
        #expect((8 * Self.mebibyte...13 * Self.mebibyte).contains(inUse), "\(inUse)")
        var buffer: [UInt8] = []
        let rolled = try ProcFS().process(program.id).memoryComposition(byMapping: false, using: &buffer).composition
        #expect(rolled.anonymousInUse.map { $0 < 13 * Self.mebibyte } == true && rolled.ownShared == nil)
    }

    @Test func `Shared memory that this process alone maps is told from what others map`() throws {
        let program = try program(
            "sonde-shared",
            """
            memset(map(6 * MIB, MAP_SHARED | MAP_ANONYMOUS, -1), 1, 6 * MIB);
            char *both = map(3 * MIB, MAP_SHARED | MAP_ANONYMOUS, -1);
            memset(both, 1, 3 * MIB);
            int ready[2];
            if (pipe(ready)) fail("pipe");
            pid_t parent = getpid(), child = fork();
            if (child == 0) {
                die_with(parent);
                memset(both, 2, 3 * MIB);
                write(ready[1], "x", 1);
                for (;;) pause();
            }
            char byte;
            if (read(ready[0], &byte, 1) != 1) fail("read");
            memset(map(2 * MIB, MAP_SHARED | MAP_ANONYMOUS, -1), 1, 2 * MIB);
            """)
        let memory = try breakdown(program)
        #expect(memory.amount(of: .shared).resident >= 3 * Self.mebibyte)
        #expect(memory.amount(of: .ownShared).resident >= 2 * Self.mebibyte)
        #expect(try composition(program).composition.ownShared == memory.amount(of: .ownShared).proportional)
    }

    @Test func `A file in memory that is held by a descriptor counts for what isn't mapped of it`() throws {
        let program = try program(
            "sonde-memfd",
            """
            static char block[1 << 20];
            memset(block, 1, MIB);
            int held = memfd_create("held/by name", 0), partly = memfd_create("partly", 0);
            for (int i = 0; i < 5; i++) if (write(held, block, MIB) != MIB || write(partly, block, MIB) != MIB) fail("write");
            memset(map(2 * MIB, MAP_SHARED, partly), 2, 2 * MIB);
            dup(held);
            int empty = memfd_create("empty", 0);
            if (ftruncate(empty, 64 * MIB)) fail("ftruncate");
            """)
        let memory = try breakdown(program)
        let files = memory.regions.filter { $0.kind == .memoryFiles }
        #expect(Set(files.map(\.name)) == ["memfd:held/by name", "memfd:partly"])
        #expect(files.allSatisfy { $0.addresses == nil })
        #expect(memory.amount(of: .memoryFiles).beyondResident == 8 * Self.mebibyte)
        #expect(try composition(program).files.reduce(0) { $0 + $1.bytes } == 8 * Self.mebibyte)
    }

    @Test func `An unlinked file of a tmpfs that is held by a descriptor is a file in memory`() throws {
        let program = try program(
            "sonde-shm",
            """
            static char block[1 << 20];
            memset(block, 1, MIB);
            char name[64], kept[64];
            sprintf(name, "/sonde-test-%d", getpid());
            sprintf(kept, "/dev/shm/.sonde-test-%d", getpid());
            int held = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
            shm_unlink(name);
            int unnamed = open("/dev/shm", O_RDWR | O_TMPFILE, 0600);
            // One that has its name is not the process's own.
            int named = open(kept, O_RDWR | O_CREAT | O_EXCL, 0600);
            if (held < 0 || unnamed < 0 || named < 0) fail("open");
            for (int i = 0; i < 5; i++) {
                if (write(held, block, MIB) != MIB || write(unnamed, block, MIB) != MIB) fail("write");
                if (i == 0 && write(named, block, MIB) != MIB) fail("write");
            }
            memset(map(2 * MIB, MAP_SHARED, held), 2, 2 * MIB);
            char *again = map(2 * MIB, MAP_SHARED, held);
            memset(again, 2, 2 * MIB);
            """)
        defer { _ = unsafe unlink("/dev/shm/.sonde-test-\(program.pid)") }
        let memory = try breakdown(program)
        let files = memory.regions.filter { $0.kind == .memoryFiles }
        #expect(files.count == 2 && files.allSatisfy { $0.name.hasPrefix("/dev/shm/") && $0.addresses == nil })
        #expect(memory.amount(of: .memoryFiles).beyondResident == 8 * Self.mebibyte)
        let found = try composition(program)
        #expect(found.files.reduce(0) { $0 + $1.bytes } == 8 * Self.mebibyte)
        var sockets: [UInt64] = []
        #expect(try ProcFS().process(program.id).readDescriptors(sockets: &sockets, limit: 1000))
    }

    @Test func `Shared memory that one process maps twice is its own, and counts once`() throws {
        let program = try program(
            "sonde-twice",
            """
            int file = memfd_create("twice", 0), both = memfd_create("both", 0);
            if (ftruncate(file, 8 * MIB) || ftruncate(both, 3 * MIB)) fail("ftruncate");
            for (int i = 0; i < 3; i++) memset(map(6 * MIB, MAP_SHARED, file), i, 6 * MIB);
            memset(mmap(0, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, file, 6 * MIB), 1, 2 * MIB);
            char *one = map(3 * MIB, MAP_SHARED, both), *other = map(3 * MIB, MAP_SHARED, both);
            memset(one, 1, 3 * MIB);
            memset(other, 1, 3 * MIB);
            int ready[2];
            if (pipe(ready)) fail("pipe");
            pid_t parent = getpid();
            if (fork() == 0) {
                die_with(parent);
                munmap(other, 3 * MIB);
                memset(one, 2, 3 * MIB);
                for (;;) {
                    if (write(ready[1], "x", 1)) pause();
                }
            }
            char byte;
            if (read(ready[0], &byte, 1) != 1) fail("read");
            """)
        let memory = try breakdown(program)
        // The child has the mappings of the other file, too, and none of its pages in its tables.
        let own = memory.amount(of: .ownShared)
        #expect((8 * Self.mebibyte - 8192...8 * Self.mebibyte).contains(own.proportional), "\(own)")
        #expect(own.resident == 20 * Self.mebibyte)
        #expect(memory.amount(of: .shared).resident >= 6 * Self.mebibyte)
        let found = try composition(program)
        #expect(found.composition.ownShared == 8 * Self.mebibyte)
        #expect(found.files.isEmpty)
    }

    @Test func `Private copies of a file in memory are anonymous, and the file's own memory counts for itself`() throws
    {
        let program = try program(
            "sonde-copies",
            """
            int file = memfd_create("copied", 0), partly = memfd_create("partly", 0);
            if (ftruncate(file, 6 * MIB) || ftruncate(partly, 4 * MIB)) fail("ftruncate");
            memset(map(6 * MIB, MAP_PRIVATE, file), 1, 6 * MIB);
            char *half = map(4 * MIB, MAP_PRIVATE, partly);
            volatile char sum = 0;
            for (size_t at = 0; at < 4 * MIB; at += 4096) sum += half[at];
            memset(half, 1, 2 * MIB);
            """)
        let memory = try breakdown(program)
        let copies = memory.regions.filter { $0.kind == .anonymous && $0.name.hasPrefix("/memfd:") }
        #expect(copies.reduce(0) { $0 + $1.amount.anonymous } == 8 * Self.mebibyte)
        #expect(copies.reduce(0) { $0 + $1.amount.resident } == 8 * Self.mebibyte)
        #expect(memory.amount(of: .ownShared).resident == 2 * Self.mebibyte)
        #expect(memory.amount(of: .memoryFiles).beyondResident == 8 * Self.mebibyte)
        let found = try composition(program)
        #expect(found.composition.ownShared == 2 * Self.mebibyte)
        #expect(found.files.reduce(0) { $0 + $1.bytes } == 8 * Self.mebibyte)
    }

    @Test func `Page tables are memory of their own`() throws {
        let program = try program(
            "sonde-tables",
            """
            volatile char *memory = mmap(0, 4096 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            for (size_t at = 0; at < 4096 * MIB; at += 2 * MIB) (void)memory[at];
            """)
        let memory = try breakdown(program)
        let tables = memory.amount(of: .pageTables).beyondResident
        #expect(tables >= 8 * Self.mebibyte && tables <= 9 * Self.mebibyte, "\(tables)")
        #expect(memory.amount(of: .pageTables).resident == 0)
        #expect(memory.total.beyondResident == tables)
    }

    private static let poolFile = "/proc/sys/vm/nr_hugepages"

    @Test(.enabled(if: Privileges.isRoot)) func `Huge pages of hugetlbfs are in no resident size`() throws {
        let before = try String(contentsOfFile: Self.poolFile, encoding: .utf8)
        try "8".write(toFile: Self.poolFile, atomically: false, encoding: .utf8)
        defer { try? before.write(toFile: Self.poolFile, atomically: false, encoding: .utf8) }
        let granted = try String(contentsOfFile: Self.poolFile, encoding: .utf8)
        // A host of which all memory is in small pieces grants none.
        guard let count = Int(granted.filter(\.isNumber)), count >= 8 else { return }
        let program = try program(
            "sonde-huge",
            """
            memset(map(8 * MIB, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1), 1, 8 * MIB);
            int file = memfd_create("huge", MFD_HUGETLB);
            if (ftruncate(file, 4 * MIB)) fail("ftruncate");
            memset(map(4 * MIB, MAP_SHARED, file), 1, 4 * MIB);
            """)
        let memory = try breakdown(program)
        #expect(memory.amount(of: .hugeTLB).beyondResident == 12 * Self.mebibyte)
        #expect(memory.amount(of: .hugeTLB).resident == 0)
        #expect(try composition(program).composition.hugeTLB == 12 * Self.mebibyte)
    }
}
