import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess
import TestSupport
import Testing

@testable import Sampling

/// A stop that lasts while something is read.
@Suite struct LongStopTests {
    private static let second: UInt64 = 1_000_000_000

    private func stop(_ program: TestProgram, limit: UInt64) throws -> LongStop {
        SamplingSession.blockChildSignal()
        return try LongStop(
            of: ThreadID(rawValue: program.pid), in: try ProcessContext(of: program.id, in: ProcFS()),
            copier: StackCopier(room: StackCopier.smallestWindow), timeout: 10 * Self.second, limit: limit)
    }

    private func tracer(of program: TestProgram) throws -> ThreadID? {
        try ProcFS().process(program.id).status().tracer
    }

    @Test func `A thread is stopped until what belongs to its stack was read`() throws {
        let program = try TestProgram("calibrated")
        let stop = try stop(program, limit: 600 * Self.second)
        let copy = try #require(stop.copy())
        #expect(!copy.snapshot.stack.bytes.isEmpty && copy.snapshot.registers.programCounter != nil)
        #expect(try tracer(of: program) != nil)
        stop.end()
        #expect(stop.wasStopped)
        #expect(try tracer(of: program) == nil)
    }

    @Test func `A thread runs on at the limit, although nothing was read`() throws {
        let program = try TestProgram("calibrated")
        let stop = try stop(program, limit: 1_000_000)
        _ = try #require(stop.copy())
        let runs = try eventually { try tracer(of: program) == nil }
        #expect(runs)
        stop.end()
        #expect(!stop.wasStopped)
    }

    @Test func `A thread that has ended can't be stopped`() throws {
        let program = try TestProgram("calibrated")
        let context = try ProcessContext(of: program.id, in: ProcFS())
        program.kill()
        SamplingSession.blockChildSignal()
        let stop = try LongStop(
            of: ThreadID(rawValue: program.pid), in: context, copier: StackCopier(room: StackCopier.smallestWindow),
            timeout: Self.second, limit: Self.second)
        #expect(stop.copy() == nil)
        stop.end()
        #expect(!stop.wasStopped)
    }
}
