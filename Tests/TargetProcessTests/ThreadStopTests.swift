import Foundation
import ProfileModel
import TargetProcess
import TestSupport
import Testing

@Suite struct ThreadStopTests {
    /// A thread of the program that is not its first.
    private func otherThread(of program: TestProgram) throws -> ThreadID {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
        return ThreadID(rawValue: try #require(tasks.compactMap { Int32($0) }.first { $0 != program.pid }))
    }

    private func isGone(_ stop: ThreadStop) -> Bool {
        if case .gone = stop.poll() { true } else { false }
    }

    @Test func `A program that is killed while a thread of it stands can end`() throws {
        let program = try TestProgram("threads", "3", "2")
        let stop = try ThreadStop(of: otherThread(of: program))
        let isStopped = eventually { if case .stopped = stop.poll() { true } else { false } }
        #expect(isStopped)
        program.send(signal: SIGKILL)
        let isKilled = eventually { (try? stop.registers()) == nil }
        #expect(isKilled)
        stop.release()
        #expect(stop.isDying)
        #expect(eventually { isGone(stop) })
        #expect(program.kill() == .signalled(SIGKILL))
    }

    /// The C library's control block of a thread begins with its own address (Drepper, ELF Handling For Thread-Local
    /// Storage, section 4.3.6).
    @Test func `A stopped thread's registers give its thread pointer`() throws {
        let program = try TestProgram("threads", "3", "2")
        let stop = try ThreadStop(of: otherThread(of: program))
        let isStopped = eventually { if case .stopped = stop.poll() { true } else { false } }
        try #require(isStopped)
        let pointer = try #require(try stop.registers().threadPointer)
        let memory = TargetMemory(of: ProcessID(rawValue: program.pid))
        let word = memory.bytes(at: pointer, count: 8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        #expect(word == pointer.rawValue)
        stop.release()
    }

    @Test func `A thread that ends before it stops is gone`() throws {
        let program = try TestProgram("threads", "3", "0")
        let thread = try otherThread(of: program)
        program.send(signal: SIGSTOP)
        let stop = try ThreadStop(of: thread)
        program.send(signal: SIGKILL)
        let isGone = eventually {
            if case .stopped = stop.poll() { stop.release() }
            return self.isGone(stop)
        }
        #expect(isGone)
        #expect(program.kill() == .signalled(SIGKILL))
    }
}
