import Foundation
import TestSupport
import Testing

/// Code whose mapping doesn't say at once which file it comes from, or whose file isn't what it was.
@Suite struct MappedFileTests {
    /// Moves all of its text into memory without a file, as programs do to have it in huge pages.
    ///
    /// `w`: into writable memory. `p`: with another byte in the page of `gate`. `f`: into a file in memory. `s`: into one that
    /// is mapped shared.
    private static let moving = """
        #include "program.h"
        #include <sys/mman.h>
        OWN_FRAME void inner(void) { for (volatile long i = 0; i < 3000000; i++) {} }
        OWN_FRAME void outer(void) { inner(); NOT_A_TAIL_CALL; }
        __asm__(".text\\n.p2align 12\\n.globl gate\\n.type gate, @function\\n"
                "gate: push %rbp\\n mov %rsp, %rbp\\n call *%rdi\\n pop %rbp\\n ret\\n"
                ".size gate, . - gate\\n.p2align 12\\n");
        extern char gate[];

        int main(int count, char **arguments) {
            die_with_parent();
            const char *mode = count > 1 ? arguments[1] : "";
            FILE *maps = fopen("/proc/self/maps", "r");
            char line[5000];
            unsigned long from = 0, to = 0, here = (unsigned long)main;
            while (maps && fgets(line, sizeof line, maps))
                if (sscanf(line, "%lx-%lx r-xp", &from, &to) == 2 && from <= here && here < to) break;
            size_t size = to - from;
            char *copy = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            memcpy(copy, (char *)from, size);
            if (strchr(mode, 'p')) copy[(unsigned long)gate - from + 100] ^= 1;
            mprotect(copy, size, strchr(mode, 'w') ? PROT_READ | PROT_WRITE | PROT_EXEC : PROT_READ | PROT_EXEC);
            if (strpbrk(mode, "fs")) {
                int file = memfd_create("text", 0);
                if (write(file, copy, size) != (ssize_t)size) return 1;
                int shared = strchr(mode, 's') ? MAP_SHARED : MAP_PRIVATE;
                copy = mmap(0, size, PROT_READ | PROT_EXEC, shared, file, 0);
            }
            if (mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)from) == MAP_FAILED) return 1;
            say_ready();
            for (;;) {
                outer();
                ((void (*)(void (*)(void)))gate)(inner);
            }
        }
        """

    @Test(arguments: RecordingWay.allCases, ["", "w", "p", "f", "s", "fp"])
    func `Text that was moved into other memory is named where its bytes are the file's`(
        way: RecordingWay, mode: String
    ) throws {
        let other = mode.contains("f") ? "[memfd:text+" : "[anonymous]"
        try checkMoved(way, mode, gate: mode.contains("p") ? other : "gate")
    }

    @Test(arguments: ["", "f", "s"])
    func `Text that was moved from the beginning of a file is named`(mode: String) throws {
        try checkMoved(.cpu, mode, gate: "gate", flags: ["-Wl,-z,noseparate-code"])
    }

    private func checkMoved(_ way: RecordingWay, _ mode: String, gate: String, flags: [String] = []) throws {
        let workshop = try Workshop()
        try workshop.write(Self.moving, to: "moving.c")
        try workshop.run(["gcc", "-O1", "-I", Self.headers, "-o", "moving"] + flags + ["moving.c"])
        let target = try TestProgram(at: workshop.directory + "/moving", arguments: [mode])
        let maps = try String(contentsOfFile: "/proc/\(target.pid)/maps", encoding: .utf8)
        #expect(!maps.split(separator: "\n").contains { $0.contains("r-xp") && $0.hasSuffix("/moving") })
        let recording = try record(way, "-p", "\(target.pid)", "-d", "1", "-r", "300")
        for way in [["main", "outer", "inner"], ["main", gate, "inner"]] {
            let samples = recording.samples { sample in
                let frames = sample.frames.suffix(3)
                return frames.count == 3 && zip(frames, way).allSatisfy { $0 == $1 || $1 == gate && $0.hasPrefix($1) }
            }
            #expect(samples > 10, "\(way)")
        }
        #expect(recording.truncatedSamples == 0)
    }

    /// Calls `plugin_work` of a library, which spins.
    private static let loading = """
        #include "program.h"
        #include <dlfcn.h>
        int main(int count, char **arguments) {
            die_with_parent();
            void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : 0;
            void (*work)(void) = library ? (void (*)(void))dlsym(library, "work") : 0;
            if (!work) return 1;
            say_ready();
            for (;;) work();
        }
        """

    private static func library(_ function: String) -> String {
        """
        __attribute__((noinline, noipa)) static void \(function)(void) { for (volatile long i = 0; i < 3000000; i++) {} }
        void work(void) { \(function)(); __asm__ volatile("" ::: "memory"); }
        """
    }

    private func expectPlugin(calling inner: String, in recording: FoldedRecording) {
        #expect(recording.samples > 10 && recording.truncatedSamples == 0)
        let way = ["main", "work", inner]
        #expect(recording.samples { $0.passes(way) } * 10 > recording.samples * 9)
        for stack in recording.stacks { #expect(stack.leads(through: way), "\(stack.frames)") }
    }

    @Test(.enabled(if: Privileges.isRoot), arguments: ["replaced", "deleted"])
    func `A library that was deleted or replaced is named by the file that is mapped`(how: String) throws {
        let workshop = try Workshop()
        for (name, function) in [("old", "old_inner"), ("new", "new_inner")] {
            try workshop.write(Self.library(function), to: "\(name).c")
            try workshop.run(["gcc", "-O1", "-fPIC", "-shared", "-o", "\(name).so", "\(name).c"])
        }
        try workshop.run(["cp", "old.so", "library.so"])
        try workshop.write(Self.loading, to: "loading.c")
        try workshop.run(["gcc", "-O1", "-I", Self.headers, "-o", "loading", "loading.c"])
        let target = try TestProgram(
            at: workshop.directory + "/loading", arguments: [workshop.directory + "/library.so"])
        let command = how == "deleted" ? ["rm", "library.so"] : ["mv", "new.so", "library.so"]
        try workshop.run(command)
        let recording = try record("-p", "\(target.pid)", "-d", "0.5", "-r", "300")
        expectPlugin(calling: "old_inner", in: recording)
    }

    /// Loads the library from memory that has only a descriptor.
    @Test(.enabled(if: Privileges.isRoot)) func `A library in a memfd is named by its symbols`() throws {
        let workshop = try Workshop()
        try workshop.write(Self.library("inner"), to: "library.c")
        try workshop.run(["gcc", "-O1", "-fPIC", "-shared", "-o", "library.so", "library.c"])
        let source = Self.loading.replacing(
            "count > 1 ? dlopen(arguments[1], RTLD_NOW) : 0", with: "dlopen(in_memory(arguments[count - 1]), RTLD_NOW)"
        ).replacing(
            "int main",
            with: """
                #include <fcntl.h>
                #include <sys/mman.h>
                #include <sys/sendfile.h>
                static const char *in_memory(const char *path) {
                    static char name[50];
                    int from = open(path, O_RDONLY), to = memfd_create("library", 0);
                    while (sendfile(to, from, 0, 1 << 20) > 0) {}
                    snprintf(name, sizeof name, "/proc/self/fd/%d", to);
                    return name;
                }
                int main
                """)
        try workshop.write(source, to: "loading.c")
        try workshop.run(["gcc", "-O1", "-I", Self.headers, "-o", "loading", "loading.c"])
        let target = try TestProgram(
            at: workshop.directory + "/loading", arguments: [workshop.directory + "/library.so"])
        let recording = try record("-p", "\(target.pid)", "-d", "0.5", "-r", "300")
        expectPlugin(calling: "inner", in: recording)
    }

    /// Code at offset 0x1000 of a file that isn't ELF: `push %rbp; mov %rsp, %rbp; call *%rdi; nop; pop %rbp; ret`.
    private static let plain = """
        #include "program.h"
        #include <fcntl.h>
        #include <sys/mman.h>
        OWN_FRAME void callee(void) { for (volatile long i = 0; i < 3000000; i++) {} }
        int main(int count, char **arguments) {
            die_with_parent();
            static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x90, 0x5d, 0xc3};
            const char *path = arguments[count - 1];
            int is_memory = !strcmp(path, "memory"), is_shared = !strcmp(arguments[1], "shared");
            int file = is_memory ? memfd_create("jit", 0) : open(path, O_RDWR | O_CREAT | O_TRUNC, 0700);
            if (pwrite(file, "MZ", 2, 0) != 2 || pwrite(file, code, sizeof code, 0x1000) != sizeof code) return 1;
            void (*call)(void (*)(void)) =
                mmap(0, 4096, PROT_READ | PROT_EXEC, is_shared ? MAP_SHARED : MAP_PRIVATE, file, 0x1000);
            if (!strcmp(arguments[1], "deleted")) unlink(path);
            say_ready();
            for (;;) call(callee);
        }
        """

    @Test(arguments: ["private", "shared", "deleted"], ["code.dll", "memory"])
    func `Code in a file that isn't an object file is named by the file and the offset`(
        how: String, file: String
    ) throws {
        let workshop = try Workshop()
        try workshop.write(Self.plain, to: "plain.c")
        try workshop.run(["gcc", "-O1", "-I", Self.headers, "-o", "plain", "plain.c"])
        let path = file == "memory" ? file : "\(workshop.directory)/\(file)"
        let target = try TestProgram(at: workshop.directory + "/plain", arguments: [how, path])
        let recording = try record("-p", "\(target.pid)", "-d", "0.5", "-r", "300")
        #expect(recording.samples > 10 && recording.truncatedSamples == 0)
        let name = file == "memory" ? "memfd:jit" : file
        var inCallee = 0
        for stack in recording.stacks {
            let called = stack.frames.drop { $0 != "main" }.dropFirst()
            let isInCallee = ["[\(name)+0x1004]", "[\(name)+0x1005]"].contains(called.first) && called.count == 2
            inCallee += isInCallee ? stack.count : 0
            // A few samples are of the calls.
            let isCalling = called.isEmpty || called.count == 1 && called.first?.hasPrefix("[\(name)+0x100") == true
            #expect(isInCallee || isCalling, "\(stack.frames)")
        }
        #expect(inCallee * 10 > recording.samples * 9)
    }

    private static let headers = Locations.checkout.appending(path: "Tests/Programs").path
}
