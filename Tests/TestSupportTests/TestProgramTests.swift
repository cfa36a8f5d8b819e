import Foundation
import TestSupport
import Testing

/// Every program that the tests can start, with the arguments that select its variants.
private let programs: [[String]] = [
    ["alloca"], ["alternates"], ["answers"], ["asleep_clang_O0", "realigned"], ["asleep_gcc_O0_fp", "dynamic"],
    ["asleep_gcc_O2"], ["calibrated"], ["coroutines"], ["corrupt", "cycle"], ["corrupt", "data"],
    ["corrupt", "descending"], ["corrupt", "random"], ["corrupt", "unmapped"], ["corrupt", "wild"], ["debug_frame"],
    ["deep_cpp"], ["deep_cpp_O0"], ["heap_churn"], ["heap_leaks"], ["dlopen"], ["dlopen_twins"],
    ["eintr", "epoll_wait"], ["eintr", "nanosleep"],
    ["eintr", "poll"], ["eintr", "recv"], ["eintr", "semop"], ["eintr", "sigtimedwait"], ["exec_loop"], ["exits"],
    ["forged_stack"], ["fork_children"], ["fork_storm"], ["frame_pointer_only"], ["go_asleep"], ["go_stack"],
    ["go_stack_stripped"], ["headless"], ["hostile_name"], ["no_frame_pointer"], ["ping_pong"], ["recursion"],
    ["recursion_O0"],
    ["recursion_clang"], ["recursion_stripped", "200", "sleep"], ["rust_lld"], ["rust_lld_v0"], ["signal", "alarm"],
    ["signal", "alarm", "alternate"], ["signal", "user"], ["single_step", "/dev/null", "100", "loader", "/bin/true"],
    ["sleeps"], ["static"], ["static_pie"], ["swift_asleep"], ["swift_asleep_Onone"], ["swift_stack"],
    ["swift_stack_Onone"], ["system_calls"], ["thread_churn"], ["threads"], ["traced"], ["vdso"],
    ["without_text", "protected"], ["without_text", "unmapped"],
]

@Suite struct TestProgramTests {
    @Test(arguments: programs)
    func `Says ready and runs until it is killed`(command: [String]) throws {
        let path = Locations.testPrograms.appending(path: command[0]).path
        let child = try Child([path] + command.dropFirst())
        try child.line { $0 == "ready" }
        #expect(child.kill() == .signalled(SIGKILL))
    }

    @Test func `Threads has the threads it promises`() throws {
        let program = try TestProgram("threads", "64", "3")
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
        let names = try tasks.map {
            try String(contentsOfFile: "/proc/\(program.pid)/task/\($0)/comm", encoding: .utf8)
        }
        #expect(tasks.count == 64)
        #expect(names.count { $0.hasPrefix("spin-") } == 3)
        #expect(names.count { $0.hasPrefix("futex-") } == 15)
    }

    @Test func `Answers are the same in every run`() throws {
        let (first, second) = (try TestProgram("answers"), try TestProgram("answers"))
        for _ in 0..<5 {
            #expect(try first.line() == second.line())
        }
    }

    @Test func `Exits with the status that was asked for`() throws {
        let program = try TestProgram("exits", "10", "7")
        #expect(try program.child.exitStatus() == .exited(7))
    }

    @Test func `An undisturbed wait is never interrupted`() throws {
        let program = try TestProgram("eintr", "epoll_wait", "1")
        program.send(signal: SIGUSR1)
        #expect(try program.line().hasPrefix("eintr 0 returns "))
    }

    @Test func `A program does not outlive the object`() throws {
        let pid = try TestProgram("calibrated").pid
        #expect(kill(pid, 0) == -1)
    }

    @Test func `Only the standard streams are inherited`() throws {
        let program = try TestProgram("recursion", "3", "sleep")
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/fd")
        #expect(open.sorted() == ["0", "1", "2"])
    }

    @Test func `A program that is not built is named with the remedy`() {
        #expect(throws: TestSupportError.self) { try TestProgram("no_such_program") }
    }
}
