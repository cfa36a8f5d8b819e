import ProfileModel
import Recording
import SystemSupport
import WorkerControl

/// The tasks of one process's event loops with names: what is written as JSON, and what `TaskText` shows.
struct DumpTasks {
    struct Task: Encodable {
        /// Its number in the document, from 1.
        let id: Int
        @Nullable var name: String?
        /// `running`, `waiting` or `ready`.
        let state: String
        /// The number of its event loop in the document, from 1.
        let loop: Int
        /// The thread of its event loop, where that is known.
        @Nullable var thread: String?
        @Nullable var waitsFor: Awaited?
        /// Innermost first.
        let frames: [Frame]
        /// Why `frames` are not all; `nil` where they are.
        @Nullable var reason: String?
    }

    struct Awaited: Encodable, Hashable {
        /// Of the object.
        let type: String
        /// The tasks that it is or gathers.
        let tasks: [Int]
    }

    struct Frame: Encodable, Hashable {
        let name: String
        @Nullable var source: DumpReport.Row.Source?
    }

    /// Running ones first, the others by name, of one loop after the other.
    let tasks: [Task]
    /// Why there can be more tasks.
    let missing: [String]

    init(_ read: RuntimeTasks, worker: StackWorker) {
        let names = FrameNames(at: read.tasks.lazy.flatMap { $0.frames.map(\.location) }, worker: worker, kernel: nil)
        let order = read.tasks.indices.sorted { Self.order(read.tasks[$0]) < Self.order(read.tasks[$1]) }
        let ids = Dictionary(order.enumerated().map { (UInt32($1), $0 + 1) }) { first, _ in first }
        tasks = order.enumerated().map { index, position in
            Task(read.tasks[position], id: index + 1, ids: ids, loops: read.loops, names)
        }
        missing = read.missing
    }

    private init(missing: [String]) { (tasks, self.missing) = ([], missing) }

    /// Where the worker failed.
    static var unread: DumpTasks { DumpTasks(missing: ["all tasks: the worker that reads them failed"]) }

    private static func order(_ task: RuntimeTask) -> (UInt32, Int, String, Int) {
        let name = task.name ?? ""
        let prefix = name.prefix { !$0.isNumber }
        return (task.loop, task.state == .running ? 0 : 1, String(prefix), Int(name.dropFirst(prefix.count)) ?? 0)
    }
}

extension DumpTasks.Task {
    fileprivate init(
        _ task: RuntimeTask, id: Int, ids: [UInt32: Int], loops: [RuntimeTasks.Loop], _ names: FrameNames
    ) {
        self.id = id
        name = task.name
        state = "\(task.state)"
        loop = Int(task.loop) + 1
        thread = loops.indices.contains(Int(task.loop)) ? loops[Int(task.loop)].thread : nil
        waitsFor = task.awaited.map {
            DumpTasks.Awaited(type: $0.type, tasks: $0.tasks.compactMap { ids[$0] }.sorted())
        }
        frames = task.frames.flatMap { names.frames(at: $0.location) }.map(DumpTasks.Frame.init)
        reason = task.loss?.label
    }
}

extension DumpTasks.Frame {
    fileprivate init(_ frame: ProfileModel.Frame) {
        name = frame.name
        source = frame.source.map { DumpReport.Row.Source(file: $0.file, line: $0.line) }
    }
}
