import ProfileModel
import Sampling
import SystemSupport

/// The stacks of one process for people.
struct DumpText {
    let report: DumpReport
    let style: TextStyle
    /// Those of the terminal, within which the head and lists of threads are broken; `nil` where there is none.
    let columns: Int?

    /// - Parameter each: whether threads with the same stack are shown one by one, with addresses.
    func text(each: Bool) -> String {
        let sections =
            each
            ? report.threads.map { section(of: [$0], withAddresses: true) }
            : ThreadGroup.groups(of: report.threads).map { section(of: $0.threads, withAddresses: false) }
        let tasks = report.tasks.map { TaskText(tasks: $0, style: style, columns: columns).text } ?? ""
        let missing = report.missingLocals.map { "\n" + style.applied(.yellow, to: $0) + "\n" } ?? ""
        return head + sections.map { "\n" + $0 }.joined() + missing + tasks + "\n"
    }

    // The head

    /// So many calls are named in the head.
    private static let namedCalls = 5

    /// How many threads there are, and what they do.
    private var head: String {
        let name = report.process.name ?? "process"
        let title = "\(printable(name)) (PID \(report.process.pid ?? 0)): "
        let text = title + NumberText.count(report.threads.count, "thread") + ": " + doings.joined(separator: ", ")
        let lines = columns.map { WrappedText.lines(of: text, columns: $0) } ?? [text]
        return lines.map { style.applied(.bold, to: $0) + "\n" }.joined()
    }

    private var doings: [String] {
        let running = report.threads.count(where: \.isRunning)
        var counts: [String: Int] = [:]
        for thread in report.threads where !thread.isRunning { counts[Self.doing(thread), default: 0] += 1 }
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let named = sorted.count <= Self.namedCalls + 1 ? sorted.count : Self.namedCalls
        let rest = sorted.dropFirst(named).reduce(0) { $0 + $1.value }
        return (running > 0 ? ["\(NumberText.grouped(running)) running"] : [])
            + sorted.prefix(named).map { "\(NumberText.grouped($0.value)) \($0.key)" }
            + (rest > 0 ? ["\(NumberText.grouped(rest)) elsewhere"] : [])
    }

    private static func doing(_ thread: DumpReport.Thread) -> String {
        if thread.loss != nil { return "not read" }
        return thread.waitingCall.map { "in \(printable($0, limit: 100))" } ?? thread.state
    }

    // Threads

    private func section(of threads: [DumpReport.Thread], withAddresses: Bool) -> String {
        guard let first = threads.first else { return "" }
        var lines = heading(of: threads, first)
        let width = String(max(0, first.frames.count - 1)).count
        for (index, frame) in first.frames.enumerated() {
            let number = String(repeating: " ", count: width - String(index).count) + "#\(index)"
            lines.append("  \(number)  \(text(of: frame, withAddress: withAddresses))")
            lines += locals.lines(of: frame)
        }
        lines += locals.remarks(on: first.frames)
        if let reason = first.reason {
            let verb = first.ending == "lost" ? "not read" : "truncated"
            lines.append(style.applied(.yellow, to: "  \(verb): \(Self.explained(reason, first))"))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var locals: LocalsText { LocalsText(style: style, columns: columns) }

    private func heading(of threads: [DumpReport.Thread], _ first: DumpReport.Thread) -> [String] {
        let state = (first.systemCall.map { "\(first.state) in \($0)" } ?? first.state) + Self.lockText(first)
        guard threads.count > 1 else {
            let time = Self.processorTime(first).map { ", \($0) of CPU time" } ?? ""
            return [style.applied(.bold, to: "Thread \(first.tid) \"\(printable(first.name))\": \(state)\(time)")]
        }
        let title = style.applied(.bold, to: "\(NumberText.grouped(threads.count)) threads: \(state)")
        return [title] + members(threads).map { "  \($0)" }
    }

    /// `812 "worker" (1.2 s), 813 …`, in lines.
    private func members(_ threads: [DumpReport.Thread]) -> [String] {
        let texts = threads.enumerated().map { index, thread in
            "\(thread.tid) \"\(printable(thread.name))\"" + (Self.processorTime(thread).map { " (\($0))" } ?? "")
                + (index < threads.count - 1 ? "," : "")
        }
        return columns.map { WrappedText.lines(of: texts, columns: $0 - 2, indentation: 0) }
            ?? [texts.joined(separator: " ")]
    }

    private static func lockText(_ thread: DumpReport.Thread) -> String {
        switch thread.gil {
        case "holds": ", holds the GIL"
        case "waits": ", waits for the GIL"
        default: ""
        }
    }

    private static func processorTime(_ thread: DumpReport.Thread) -> String? {
        thread.cpuSeconds.map(NumberText.duration(seconds:))
    }

    private func text(of frame: DumpReport.Row, withAddress: Bool) -> String {
        // A function without a name is identified by its address.
        let address =
            withAddress || frame.kind == FrameKind.unknown.rawValue ? style.applied(.dim, to: frame.address) + "  " : ""
        let name = frame.name == "[signal]" ? "<signal handler called>" : printable(frame.name)
        let inlined = frame.inlined ? " [inlined]" : ""
        let source = frame.source.map { " (\(Self.place($0)))" } ?? ""
        let object = frame.object.map { style.applied(.dim, to: "  \(printable($0))") } ?? ""
        return address + name + inlined + source + object
    }

    /// `file.c:42`.
    private static func place(_ source: DumpReport.Row.Source) -> String {
        printable(SourcePosition.shortName(ofFile: source.file), limit: 100) + ":\(source.line)"
    }

    private static func explained(_ reason: String, _ thread: DumpReport.Thread) -> String {
        switch reason {
        case "moved": return "\(reason); \(UnreadThreads.movedText)"
        case "too_many_open_files":
            return "\(reason); Sonde may have only \(DescriptorLimit.text); \(DescriptorLimit.remedy)"
        default:
            let remedy = TruncationText(label: reason, sampler: .ptrace, mayInterrupt: thread.mayBeInterrupted).remedy
            return remedy.map { "\(reason); \($0)" } ?? reason
        }
    }
}
