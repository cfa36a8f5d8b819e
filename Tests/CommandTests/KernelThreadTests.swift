import Foundation
import TestSupport
import Testing

/// Threads of a process that run no program of its own, and those that the kernel doesn't let run.
@Suite struct KernelThreadTests {
    /// Has the kernel make a thread that polls, and one that waits for an empty pipe.
    private static let ring = """
        #include "program.h"
        #include <linux/io_uring.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        int main(void) {
            die_with_parent();
            struct io_uring_params ring = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 600000};
            int file = syscall(SYS_io_uring_setup, 8, &ring);
            if (file < 0) return 1;
            size_t size = ring.sq_off.array + ring.sq_entries * sizeof(unsigned);
            char *queue = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, IORING_OFF_SQ_RING);
            struct io_uring_sqe *entries = mmap(
                0, ring.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED, file, IORING_OFF_SQES);
            static char buffer[8];
            int ends[2];
            if (pipe(ends)) return 1;
            entries[0] = (struct io_uring_sqe){
                .opcode = IORING_OP_READ, .flags = IOSQE_ASYNC, .fd = ends[0], .addr = (unsigned long)buffer, .len = 8};
            ((unsigned *)(queue + ring.sq_off.array))[0] = 0;
            __atomic_store_n((unsigned *)(queue + ring.sq_off.tail), 1, __ATOMIC_RELEASE);
            syscall(SYS_io_uring_enter, file, 1, 0, IORING_ENTER_SQ_WAKEUP, 0, 0);
            say_ready();
            for (;;) pause();
        }
        """

    private static let mayUseRings =
        (try? String(contentsOfFile: "/proc/sys/kernel/io_uring_disabled", encoding: .utf8))?.first.map { $0 == "0" }
        ?? true

    private static func startRing() throws -> TestProgram {
        let program = try TestProgram(named: "ring", source: ring)
        let names = { (try? workers(of: program)) ?? [] }
        try #require(eventually { names().contains("iou-sqp") && names().contains("iou-wrk") })
        return program
    }

    /// The names of a process's threads, without the numbers in them.
    private static func workers(of program: TestProgram) throws -> [String] {
        let directory = "/proc/\(program.pid)/task"
        return try FileManager.default.contentsOfDirectory(atPath: directory).map { thread in
            String(try String(contentsOfFile: "\(directory)/\(thread)/comm", encoding: .utf8).prefix(7))
        }
    }

    @Test(.enabled(if: mayUseRings)) func `io_uring's threads are rows of their own in a dump`() throws {
        let target = try Self.startRing()
        let result = try sonde("dump", "-p", "\(target.pid)", "--interrupt-sleeping")
        try #require(result.status == .exited(0))
        let threads = result.output.components(separatedBy: "\n\n").filter { $0.contains("\"iou-") }
        #expect(threads.count == 2)
        for thread in threads {
            #expect(thread.contains("[kernel worker]") && thread.split(separator: "\n").count == 2)
        }
        #expect(!result.output.contains("truncated") && !result.output.contains("not read"))
    }

    @Test(.enabled(if: mayUseRings), arguments: [["--sampler", "ptrace"], ["--mode", "wall", "--sampler", "ptrace"]])
    func `io_uring's threads are complete in a recording by stops`(way: [String]) throws {
        let target = try Self.startRing()
        let recording = try record(["-p", "\(target.pid)", "-d", "1", "-r", "300"] + way)
        let workers = recording.samples { $0.frames.elementsEqual(["ring", "[kernel worker]_[k]"]) }
        #expect(workers > 10 && recording.truncatedSamples == 0)
        if way.contains("wall") { #expect(workers > recording.samples / 3) }
    }

    @Test(.enabled(if: mayUseRings && Privileges.isRoot))
    func `The kernel's functions are shown of io_uring's threads, by events`() throws {
        let target = try Self.startRing()
        let recording = try record("-p", "\(target.pid)", "-d", "1", "-r", "300")
        #expect(recording.summary.contains("perf: threads of the kernel's own"))
        let polling = recording.samples { $0.frames.contains { $0.hasPrefix("io_sq_thread") } }
        #expect(polling > 10 && recording.truncatedSamples == 0)
    }

    /// Of the first version, whose frozen threads don't stop for a tracer either.
    private static let freezer = "/sys/fs/cgroup/freezer"

    @Test(.enabled(if: Privileges.isRoot && FileManager.default.isWritableFile(atPath: freezer + "/cgroup.procs")))
    func `Threads of a frozen control group keep the stack that they show, and aren't asked to stop`() throws {
        let target = try TestProgram("alloca")
        let group = "\(Self.freezer)/sonde-test-\(target.pid)"
        try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
        defer {
            try? "THAWED".write(toFile: group + "/freezer.state", atomically: false, encoding: .utf8)
            _ = target.child.kill()
            _ = eventually { unsafe rmdir(group) == 0 }
        }
        try "\(target.pid)".write(toFile: group + "/cgroup.procs", atomically: false, encoding: .utf8)
        try "FROZEN".write(toFile: group + "/freezer.state", atomically: false, encoding: .utf8)
        try #require(
            eventually {
                (try? String(contentsOfFile: group + "/freezer.state", encoding: .utf8)) == "FROZEN\n"
            })
        for flags in [[], ["--interrupt-sleeping"]] {
            let result = try sonde(["dump", "-p", "\(target.pid)"] + flags)
            try #require(result.status == .exited(0))
            #expect(result.output.contains("uninterruptible") && result.output.contains("#0"))
            #expect(!result.output.contains("not read") && !result.output.contains("--interrupt-sleeping"))
        }
    }
}
