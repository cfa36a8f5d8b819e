import ProfileModel
import Sampling
import SystemSupport

/// A variable of a Python function, as it is written as JSON.
struct DumpLocal: Encodable, Hashable {
    let name: String
    /// `argument`, `local`, `cell` or `free`.
    let kind: String
    /// Of the value; `nil` where it is not known, or not shown.
    @Nullable var type: String?
    let value: String
    /// Whether parts of the value may be of another time than the stack, or of different times.
    let mayHaveChanged: Bool

    init(_ variable: InterpretedVariable, mayMixTimes: Bool) {
        name = variable.name
        kind = "\(variable.kind)"
        type = variable.type
        value = variable.value
        mayHaveChanged = mayMixTimes && variable.hasMutableParts
    }
}

extension DumpReport.Row {
    /// The variables that were read of its function, or why they were not.
    mutating func show(_ variables: StackDump.ThreadVariables?, ofFrame index: Int) {
        guard kind == FrameKind.python.rawValue, let variables else { return }
        switch variables {
        case .lost(let loss): localsReason = loss.rawValue
        case .read(let frames, let mayMixTimes):
            guard let frame = frames[index] else {
                localsReason = "\(FrameVariables.Loss.unreadable)"
                return
            }
            locals = frame.variables.map { DumpLocal($0, mayMixTimes: mayMixTimes) }
            localsReason = frame.loss.map { "\($0)" }
        }
    }
}

/// The variables of Python functions for people.
struct LocalsText {
    let style: TextStyle
    /// Those of the terminal; `nil` where there is none.
    let columns: Int?

    private static let indentation = String(repeating: " ", count: 6)
    private static let defaultColumns = 200

    /// Below a frame.
    func lines(of row: DumpReport.Row) -> [String] {
        let width = max(40, columns ?? Self.defaultColumns) - Self.indentation.count
        let locals = (row.locals ?? []).map { local in
            let name = printable(local.name, limit: 100)
            let line = TextColumns.clipped("\(name) = \(printable(local.value))", to: width)
            guard line.hasPrefix(name) else { return line }
            return style.applied(.green, to: name) + line.dropFirst(name.count)
        }
        return locals.map { Self.indentation + $0 }
    }

    /// Below a stack.
    func remarks(on rows: [DumpReport.Row]) -> [String] {
        let reasons = Set(rows.compactMap(\.localsReason)).sorted()
        let areAllMissing = rows.allSatisfy { $0.locals?.isEmpty ?? true }
        let mixes = rows.contains { $0.locals?.contains(where: \.mayHaveChanged) ?? false }
        let lines =
            reasons.map { "\(areAllMissing ? "" : "some ")locals not read: \(Self.explained($0))" }
            + (mixes ? [Self.mixed] : [])
        return lines.map { style.applied(.yellow, to: "  \($0)") }
    }

    private static let mixed =
        "contents of lists, dicts and sets, and variables of inner functions, may have changed while they were read"

    private static func explained(_ reason: String) -> String {
        switch reason {
        case "changed": "the thread went on while they were read; dump again"
        case "timeout": "the thread may be stopped for 10 ms, which was not enough; dump again"
        case "limit": "more than are read of one dump"
        case "not_counted": "this kernel doesn't count how often threads run (CONFIG_SCHED_INFO)"
        case "unreadable": "they can't be read"
        default: "the worker that reads them failed"
        }
    }
}

/// Why a process has no variables to show.
enum MissingLocals {
    static func text(_ threads: [DumpReport.Thread], in dump: StackDump) -> String? {
        guard !threads.contains(where: { $0.frames.contains { $0.kind == FrameKind.python.rawValue } }) else {
            return nil
        }
        let runtimes = dump.runtimes.filter { $0.name == "Python" }
        let reasons = runtimes.compactMap { runtime in
            if case .nativeAlone(let reason) = runtime.reading { reason } else { nil }
        }
        if let reason = reasons.first { return "no locals: its Python can't be read: \(printable(reason))" }
        return runtimes.isEmpty
            ? "no locals: there is no Python in this process, and locals are those of Python functions"
            : "no locals: no thread shown is in a Python function"
    }
}
