import ProfileModel
import Testing

@testable import Sampling

/// Stacks of tasks, each below those that wait for it.
@Suite struct TaskStackTests {
    private func location(_ function: UInt64) -> CodeLocation {
        .interpreted(InterpretedFunctionID(rawValue: function), line: nil)
    }

    private func task(
        _ name: String?, _ state: RuntimeTask.State = .waiting, for tasks: [UInt32]? = nil, in functions: [UInt64] = [],
        loss: RuntimeTask.Loss? = nil
    ) -> RuntimeTask {
        RuntimeTask(
            name: name, state: state, loop: 0,
            awaited: state == .waiting ? RuntimeTask.Awaited(type: "Future", tasks: tasks ?? []) : nil,
            frames: functions.map { RuntimeTask.Frame(function: InterpretedFunctionID(rawValue: $0), line: nil) },
            loss: loss)
    }

    private func stacks(_ tasks: RuntimeTask..., rowLimit: Int = 512) -> [[TaskStack.Row]] {
        TaskStack.stacks(of: read(tasks), rowLimit: rowLimit).map(\.rows)
    }

    private func read(_ tasks: [RuntimeTask]) -> RuntimeTasks {
        RuntimeTasks(loops: [RuntimeTasks.Loop(thread: "MainThread")], tasks: tasks, missing: [])
    }

    @Test func `A task that waits for nothing known is a stack of its own, with its outermost function first`() {
        #expect(
            stacks(task("reader", in: [2, 1])) == [
                [
                    .task(name: "reader"), .function(location(1)), .function(location(2)),
                    .doing(.waiting(type: "Future")),
                ]
            ])
    }

    @Test func `Tasks that another one waits for are below it, and it is no stack of its own`() {
        let main: [TaskStack.Row] = [.task(name: "main"), .function(location(1))]
        #expect(
            stacks(task("main", for: [1, 2], in: [1]), task("a"), task("b", .ready)) == [
                main + [.task(name: "a"), .doing(.waiting(type: "Future"))],
                main + [.task(name: "b"), .doing(.ready)],
            ])
    }

    @Test func `A task that several wait for is below the first; the others say what they wait for`() {
        #expect(
            stacks(task("first", for: [2]), task("second", for: [2]), task("shared", .running)) == [
                [.task(name: "first"), .task(name: "shared"), .doing(.running)],
                [.task(name: "second"), .doing(.waitingForTask(name: "shared"))],
            ])
    }

    @Test func `Tasks that wait for each other in a circle are shown once each`() {
        #expect(
            stacks(task("a", for: [1]), task("b", for: [2]), task("c", for: [0])) == [
                [
                    .task(name: "a"), .task(name: "b"), .task(name: "c"), .doing(.waitingForTask(name: "a")),
                ]
            ])
        #expect(stacks(task("self", for: [0])) == [[.task(name: "self"), .doing(.waitingForTask(name: "self"))]])
    }

    @Test(arguments: [
        ("Task-12", nil), ("client-3", "client-*"), ("worker 07", "worker *"), ("v2 poller", "v2 poller"), ("17", nil),
        ("Task-1a", "Task-1a"), ("Task-", "Task-"), ("naïve٣", "naïve٣"), ("", ""), (nil, nil),
    ])
    func `Tasks whose names differ in a number are one; names that asyncio gave are none`(
        _ name: String?, _ shown: String?
    ) {
        #expect(stacks(task(name)).map(\.first) == [.task(name: shown)])
    }

    @Test func `A chain that isn't known as a whole says why`() {
        #expect(
            stacks(task("a", in: [1], loss: .tooDeep)) == [
                [
                    .task(name: "a"), .function(location(1)), .unknown(.tooDeep), .doing(.waiting(type: "Future")),
                ]
            ])
    }

    @Test func `Of a task that changed while it was read, no more is shown than that`() {
        let changed = RuntimeTask(name: "a", state: .waiting, loop: 0, awaited: nil, frames: [], loss: .changed)
        #expect(stacks(changed) == [[.task(name: "a"), .unknown(.changed)]])
    }

    @Test func `A long chain of tasks goes on in a stack that is marked as cut`() {
        let chain = (0..<5).map { task("t\($0)", for: $0 < 4 ? [UInt32($0) + 1] : []) }
        let stacks = TaskStack.stacks(of: read(chain), rowLimit: 2)
        #expect(stacks.map(\.isCut) == [true])
        #expect(stacks.first?.rows == [.task(name: "t*"), .doing(.waiting(type: "Future"))])
    }

    @Test func `Ten thousand tasks that wait for each other in a row take little`() {
        let limit = RuntimeTasks.limit
        let chain = (0..<limit).map { task("t", for: $0 + 1 < limit ? [UInt32($0) + 1] : []) }
        let stacks = TaskStack.stacks(of: read(chain), rowLimit: 512)
        #expect(stacks.count == 1)
        #expect(stacks.allSatisfy { $0.rows.count <= 513 })
    }

    @Test func `Positions that no task has, and loops that are not there, change nothing`() {
        let strange = RuntimeTask(
            name: "x", state: .waiting, loop: 9, awaited: RuntimeTask.Awaited(type: "Future", tasks: [77]), frames: [],
            loss: nil)
        #expect(
            TaskStack.stacks(of: read([strange]), rowLimit: 9) == [
                TaskStack(loop: nil, rows: [.task(name: "x"), .doing(.waiting(type: "Future"))])
            ])
    }
}
