import ProfileModel
import SystemSupport

/// The tasks of one process for people: those of each event loop, with the same chain together.
struct TaskText {
    let tasks: DumpTasks
    let style: TextStyle
    /// Those of the terminal; `nil` where there is none.
    let columns: Int?

    /// So many tasks are named that one waits for.
    private static let namedAwaited = 5

    var text: String {
        let loops = Dictionary(grouping: tasks.tasks, by: \.loop).sorted { $0.key < $1.key }.map(\.value)
        let sections = loops.flatMap { loop in [heading(ofLoop: loop)] + groups(loop).map(section) }
        let none = sections.isEmpty && tasks.missing.isEmpty ? ["no tasks of asyncio or trio, and no greenlets\n"] : []
        let missing = tasks.missing.map { style.applied(.yellow, to: "not shown: \(printable($0))") + "\n" }
        return (none + sections + missing).map { "\n" + $0 }.joined()
    }

    private func heading(ofLoop tasks: [DumpTasks.Task]) -> String {
        let thread = tasks.first?.thread.map { " of thread \"\(printable($0))\"" } ?? ""
        let counts = ["running", "waiting", "ready"].compactMap { state in
            let count = tasks.count { $0.state == state }
            return count > 0 ? "\(NumberText.grouped(count)) \(state)" : nil
        }
        let title = "Event loop\(thread): \(NumberText.count(tasks.count, "task")): " + counts.joined(separator: ", ")
        return style.applied(.bold, to: title) + "\n"
    }

    // Groups

    /// What tasks of a group have in common.
    private struct Key: Hashable {
        let state: String
        let awaited: DumpTasks.Awaited?
        let frames: [DumpTasks.Frame]
        let reason: String?
    }

    private func groups(_ tasks: [DumpTasks.Task]) -> [[DumpTasks.Task]] {
        var groups: [[DumpTasks.Task]] = []
        var known: [Key: Int] = [:]
        for task in tasks {
            let key = Key(state: task.state, awaited: task.waitsFor, frames: task.frames, reason: task.reason)
            if let index = known[key] {
                groups[index].append(task)
            } else {
                known[key] = groups.count
                groups.append([task])
            }
        }
        return groups
    }

    private func section(of group: [DumpTasks.Task]) -> String {
        guard let first = group.first else { return "" }
        let title =
            "\(group.count == 1 ? "Task \(name(first))" : NumberText.count(group.count, "task")): \(doing(first))"
        let lines = [style.applied(.bold, to: title)] + members(group).map { "  \($0)" } + frames(first)
        let reason = first.reason.map { [style.applied(.yellow, to: "  incomplete: \(Self.explained($0))")] } ?? []
        return (lines + reason).map { $0 + "\n" }.joined()
    }

    private func members(_ group: [DumpTasks.Task]) -> [String] {
        guard group.count > 1 else { return [] }
        let counts = Dictionary(group.map { (name($0), 1) }, uniquingKeysWith: +)
        var named: Set<String> = []
        // Names of trio are those of functions, which tasks share.
        let names = group.map(name).filter { named.insert($0).inserted }.map { name in
            counts[name].map { $0 > 1 ? "\(name) (\(NumberText.grouped($0)) times)" : name } ?? name
        }
        let texts = names.enumerated().map { $1 + ($0 < names.count - 1 ? "," : "") }
        return columns.map { WrappedText.lines(of: texts, columns: $0 - 2, indentation: 0) }
            ?? [texts.joined(separator: " ")]
    }

    private func frames(_ task: DumpTasks.Task) -> [String] {
        let width = String(max(0, task.frames.count - 1)).count
        return task.frames.enumerated().map { index, frame in
            let number = String(repeating: " ", count: width - String(index).count) + "#\(index)"
            let source = frame.source.map { source in
                " (" + printable(SourcePosition.shortName(ofFile: source.file), limit: 100) + ":\(source.line))"
            }
            return "  \(number)  \(printable(frame.name))\(source ?? "")"
        }
    }

    // Words

    private func name(_ task: DumpTasks.Task) -> String { task.name.map { "\"\(printable($0))\"" } ?? "\(task.id)" }

    private func doing(_ task: DumpTasks.Task) -> String {
        guard task.state == "waiting", let awaited = task.waitsFor else { return task.state }
        let named = awaited.tasks.prefix(Self.namedAwaited).map { name(tasks.tasks[$0 - 1]) }.joined(separator: ", ")
        switch awaited.tasks.count {
        case 0: return "waiting for \(printable(awaited.type))"
        case 1: return "waits for task \(named)"
        case let count:
            return "waits for \(NumberText.count(count, "task")): \(named)" + (count > Self.namedAwaited ? ", …" : "")
        }
    }

    private static func explained(_ reason: String) -> String {
        switch reason {
        case "changed": "changed while it was read"
        case "too_deep": "more than \(RuntimeTasks.frameLimit) functions wait for each other"
        case "cycle": "its functions wait for each other in a circle"
        case "too_many_functions": "more functions than can be kept"
        default: "its functions can't be read"
        }
    }
}
