import Foundation
import ObjectFiles
import ProcFS
import ProfileModel
import TargetProcess
import TestSupport
import Unwinding

/// A thread of a live program as Sonde sees it and as gdb does, at the same time.
struct Observed {
    let program: LiveProgram
    let snapshot: StackSnapshot
    let stack: RawStack
    let truth: [Oracle.Frame]
    private let child: Child

    init(_ situation: SnapshotCase) throws {
        child = try situation.start()
        let thread: Int32
        switch situation.view {
        case .running:
            (program, thread) = try Self.freeze(child.pid, leafObject: situation.leafObject)
            snapshot = try program.snapshot(stopping: thread)
        case .sleeping:
            thread = child.pid
            while try LiveProgram.state(of: thread, in: child.pid) != "S" { usleep(1000) }
            program = try LiveProgram(child.pid)
            snapshot = try program.snapshot(sleeping: thread)
        }
        let unwinder = try Unwinder(addressSpace: program.addressSpace, tables: UnwindTableCache())
        stack = unwinder.unwind(snapshot, generatedCode: ProcessCode(of: program.id)).stack
        let whole = try situation.oracle.stacks(of: child.pid)[thread] ?? []
        truth =
            switch situation.truth {
            case .wholeStack: whole
            case .leafFrames(let count): Array(whole.prefix(count))
            }
    }

    /// Lets it run for some time of its own CPU, so that the busiest thread is known, and stops it.
    private static func freeze(_ id: Int32, leafObject: String?) throws -> (LiveProgram, Int32) {
        for _ in 0..<1000 {
            kill(id, SIGCONT)
            usleep(leafObject == nil ? 60_000 : 1_000)
            try LiveProgram.freeze(id)
            let program = try LiveProgram(id)
            let thread = try LiveProgram.busiestThread(of: id)
            guard let leafObject else { return (program, thread) }
            let leaf = try program.snapshot(stopping: thread).registers.programCounter
            if let leaf, program.addressSpace.object(at: leaf)?.object.path == leafObject { return (program, thread) }
        }
        throw LiveProgram.Failure(what: "the leaf is never in \(leafObject ?? "")")
    }
}

/// Reads code that no file holds.
struct ProcessCode: CodeReader {
    private let memory: TargetMemory

    init(of process: ProcessID) { memory = TargetMemory(of: process) }

    func bytes(at address: Address, count: Int) -> [UInt8] { memory.bytes(at: address, count: count) }
}
