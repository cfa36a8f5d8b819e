import ArgumentParser
import HostWatch
import ProcFS
import ProfileModel
import Sampling
import SystemSupport
import TargetProcess

/// The processes that a command is about.
struct TargetOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Processes to attach to: 812 or 812,901; repeatable.", valueName: "pid"))
    var pid: [ProcessList] = []

    @Option(
        name: [.short, .long],
        help: """
            All processes of which the command, the executable, or the script that an interpreter runs has a matching name; \
            * and ? are wildcards; repeatable.
            """,
        completion: .custom { _, _, _ in Set(ProcessSearch(procfs: ProcFS()).running.map(\.command)).sorted() })
    var name: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            All processes in whose command line this regular expression (RE2) is found, as in pgrep -f; repeatable.
            """, valueName: "regex"))
    var match: [String] = []

    @Argument(help: .hidden) var stray: String?

    func validate() throws {
        if let stray { throw StrayArgument(stray).error(beside: pid) }
        if name.contains(where: \.isEmpty) { throw ValidationError("-n needs a name, such as 'redis*'.") }
        try ProcessList.validate(pid)
        for expression in match { _ = try Self.pattern(expression) }
    }

    private static func pattern(_ expression: String) throws(ValidationError) -> Pattern {
        guard !expression.isEmpty else { throw ValidationError("--match needs an expression, such as 'manage.py'.") }
        do {
            return try Pattern(expression)
        } catch {
            throw ValidationError("--match \(printable(expression, limit: 200)): \(printable("\(error)")).")
        }
    }

    /// Refuses a command line that names no target.
    func require() throws {
        if isEmpty { throw ValidationError("Name the target: -p PID, -n NAME or --match REGEX.") }
    }

    var isEmpty: Bool { pid.isEmpty && name.isEmpty && match.isEmpty }

    /// The processes, each checked to be attachable; those that are searched for are skipped, with a warning, when they
    /// aren't.
    ///
    /// - Parameter canBeTraced: whether another tracer is no obstacle.
    func processes(in procfs: ProcFS, canBeTraced: Bool = false) throws(CommandFailure) -> [ProcessID] {
        var chosen: [ProcessID] = []
        for process in pid.flatMap(\.processes) {
            if let refusal = refusal(of: process, procfs, canBeTraced) { throw CommandFailure(refusal) }
            if !chosen.contains(process) { chosen.append(process) }
        }
        let search = ProcessSearch(procfs: procfs)
        for pattern in name {
            let found = try Self.listed { () throws(ProcFSError) in try search.named(pattern) }
            try add(
                found, to: &chosen, procfs, canBeTraced,
                orFail: "no process is named \(printable(pattern)), and none runs an executable or a script of that "
                    + "name; ps -e -o pid,comm,args lists all")
        }
        for expression in match {
            guard let pattern = try? Self.pattern(expression) else { continue }
            let found = try Self.listed { () throws(ProcFSError) in try search.matching(pattern) }
            try add(
                found, to: &chosen, procfs, canBeTraced,
                orFail: "\(printable(expression)) is found in no command line; ps -e -o pid,args lists all")
        }
        return chosen
    }

    private static func listed(_ search: () throws(ProcFSError) -> [ProcessID]) throws(CommandFailure) -> [ProcessID] {
        do { return try search() } catch { throw CommandFailure("can't list processes: \(error)") }
    }

    private func refusal(of process: ProcessID, _ procfs: ProcFS, _ canBeTraced: Bool) -> AttachRefusal? {
        guard let refusal = procfs.diagnoseAttach(to: process), refusal.isCertain else { return nil }
        if canBeTraced, case .alreadyTraced = refusal.reason { return nil }
        return refusal
    }

    private func add(
        _ found: [ProcessID], to chosen: inout [ProcessID], _ procfs: ProcFS, _ canBeTraced: Bool,
        orFail failure: String
    ) throws(CommandFailure) {
        guard !found.isEmpty else { throw CommandFailure(failure) }
        var refused: AttachRefusal?
        for process in found where !chosen.contains(process) {
            if InterruptSignals.isRequested { throw InterruptSignals.failure }
            if let refusal = refusal(of: process, procfs, canBeTraced) {
                Console.warn("\(refusal.cause); skipped")
                refused = refusal
            } else {
                chosen.append(process)
            }
        }
        if let refused, chosen.isEmpty { throw CommandFailure(refused) }
    }
}
