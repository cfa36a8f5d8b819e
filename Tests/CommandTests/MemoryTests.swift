import Foundation
import TestSupport
import Testing

/// `sonde memory` on real processes.
@Suite struct MemoryTests {
    struct Report: Decodable {
        struct Amount: Decodable {
            let residentBytes: Int
            let anonymousBytes: Int
            let lazilyFreedBytes: Int
            let beyondResidentBytes: Int
        }
        struct Growth: Decodable {
            let durationSeconds: Double
            let growthBytes: Int
            let growthBytesByKind: [String: Int]
        }
        let pid: Int32
        let total: Amount
        let kinds: [String: Amount]
        let growth: Growth?
    }

    /// Touches a thread's stack, then as much of mmap(2) memory as is asked for on each line of its input.
    private static let grower = """
        #include "program.h"
        #include <sys/mman.h>
        #include <pthread.h>
        #include <semaphore.h>
        static sem_t touched;
        static void *sleeper(void *unused) { volatile char room[1 << 20]; for (int i = 0; i < 1 << 20; i += 4096) room[i] = 1; sem_post(&touched); pause(); return (void *) room; }
        int main(void) {
            die_with_parent();
            pthread_t thread; pthread_create(&thread, 0, sleeper, 0);
            sem_wait(&touched);
            say_ready();
            char line[64];
            while (fgets(line, sizeof line, stdin)) {
                size_t size = strtoul(line, 0, 10);
                memset(mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, size);
                puts("grown"); fflush(stdout);
            }
            pause();
        }
        """

    private func program() throws -> TestProgram {
        try TestProgram(
            named: "grower",
            source: "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n" + Self.grower)
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    private func reports(_ result: CommandResult) throws -> [Report] {
        try Self.decoder.decode([Report].self, from: result.standardOutput)
    }

    @Test func `The kinds add up to what the kernel says of the whole process`() throws {
        let program = try program()
        let result = try sonde("memory", "-p", "\(program.pid)", "--json")
        #expect(result.status == .exited(0))
        let report = try #require(try reports(result).first)
        let rollup = try String(contentsOfFile: "/proc/\(program.pid)/smaps_rollup", encoding: .utf8)
        let line = try #require(rollup.split(separator: "\n").first { $0.hasPrefix("Rss:") })
        #expect(report.total.residentBytes == Int(line.filter(\.isNumber)).map { $0 * 1024 })
        #expect(report.kinds.values.reduce(0) { $0 + $1.residentBytes } == report.total.residentBytes)
        #expect(try #require(report.kinds["stacks"]).residentBytes >= 1 << 20)
        #expect(report.growth == nil)
    }

    @Test func `What grew between two readings is named, and Ctrl-C takes the second one early`() throws {
        let program = try program()
        let child = try Child([Locations.sonde.path, "memory", "-p", "\(program.pid)", "-d", "100", "--json"])
        // Its first reading is done once it waits for the second: in futex(2), while another thread takes the signals.
        #expect(
            try eventually {
                let call = try String(contentsOfFile: "/proc/\(child.pid)/syscall", encoding: .utf8)
                return call.hasPrefix("202 ")
            })
        try program.child.write(Data("5242880\n".utf8))
        #expect(try program.line() == "grown")
        child.send(signal: SIGINT)
        #expect(try child.exitStatus() == .exited(0))
        child.waitForOutput()
        let report = try #require(try Self.decoder.decode([Report].self, from: child.standardOutput).first)
        let growth = try #require(report.growth)
        #expect(growth.durationSeconds < 100)
        #expect(try #require(growth.growthBytesByKind["anonymous"]) >= 5 << 20)
    }

    @Test func `Memory that no resident size shows has its own kinds`() throws {
        let program = try TestProgram(
            named: "hidden",
            source: """
                #include "program.h"
                #include <sys/mman.h>
                int main(void) {
                    die_with_parent();
                    size_t mebibyte = 1 << 20;
                    static char block[1 << 20];
                    memset(block, 1, mebibyte);
                    int file = memfd_create("held", 0);
                    for (int i = 0; i < 7; i++) if (write(file, block, mebibyte) < 0) fail("write");
                    char *memory = mmap(0, 16 * mebibyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    memset(memory, 1, 16 * mebibyte);
                    madvise(memory, 16 * mebibyte, MADV_FREE);
                    say_ready();
                    for (;;) pause();
                }
                """)
        let result = try sonde("memory", "-p", "\(program.pid)", "--json")
        let report = try #require(try reports(result).first)
        #expect(report.kinds["memfd"]?.beyondResidentBytes == 7 << 20)
        #expect(try #require(report.kinds["page_tables"]).beyondResidentBytes > 0)
        #expect(report.kinds.values.reduce(0) { $0 + $1.residentBytes } == report.total.residentBytes)
        #expect(report.total.lazilyFreedBytes > 12 << 20)
        let text = try sonde("memory", "-p", "\(program.pid)").output
        for words in ["memfd:held", "page tables", "BEYOND RSS", "was freed lazily (MADV_FREE)"] {
            #expect(text.contains(words), "\(words): \(text)")
        }
    }

    @Test func `A text says how much, of which kind and where`() throws {
        let program = try program()
        let result = try sonde("memory", "-p", "\(program.pid)", "-l", "2")
        #expect(result.output.hasPrefix("grower (PID \(program.pid)): "))
        let head = try #require(result.output.split(separator: "\n").first)
        #expect(head.contains(" % of its cgroup's limit of ") || head.contains(" % of the host's memory of "))
        for word in ["RESIDENT", "[heap]", "stacks", "stack of thread", "total", "more; --limit 0 shows all"] {
            #expect(result.output.contains(word) || word == "[heap]", "\(word): \(result.output)")
        }
    }

    @Test func `A process that is not there is refused with the reason`() throws {
        let result = try sonde("memory", "-p", "4194304")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("4194304"))
        #expect(try sonde("memory").status == .exited(64))
        #expect(try sonde("memory", "-p", "1", "-d", "nan").status == .exited(64))
    }
}
