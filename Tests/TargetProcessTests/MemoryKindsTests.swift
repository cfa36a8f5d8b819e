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
        #expect(try composition(program).composition.ownShared == memory.amount(of: .ownShared).resident)
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
