import ArgumentParser
import ProcFS
import ProfileModel
import Sampling
import TargetProcess

/// The processes that a command is about.
struct TargetOptions: ParsableArguments {
    @Option(name: [.short, .long], help: ArgumentHelp("A process to attach to; repeatable.", valueName: "pid"))
    var pid: [Int32] = []

    @Option(
        name: [.short, .long],
        help: "All processes whose command or executable has a matching name; * and ? are wildcards; repeatable.")
    var name: [String] = []

    func validate() throws {
        if name.contains(where: \.isEmpty) { throw ValidationError("-n needs a name, such as 'redis*'.") }
        for pid in pid where pid <= 0 { throw ValidationError("\(pid) is not a process ID; they begin at 1.") }
    }

    var isEmpty: Bool { pid.isEmpty && name.isEmpty }

    /// The processes, each checked to be attachable; those chosen by name are skipped, with a warning, when they aren't.
    ///
    /// - Parameter canBeTraced: whether another tracer is no obstacle.
    func processes(in procfs: ProcFS, canBeTraced: Bool = false) throws(CommandFailure) -> [ProcessID] {
        var chosen: [ProcessID] = []
        for number in pid {
            let process = ProcessID(rawValue: number)
            if let refusal = refusal(of: process, procfs, canBeTraced) { throw CommandFailure(refusal) }
            if !chosen.contains(process) { chosen.append(process) }
        }
        for pattern in name { try add(pattern, to: &chosen, procfs, canBeTraced) }
        return chosen
    }

    private func refusal(of process: ProcessID, _ procfs: ProcFS, _ canBeTraced: Bool) -> AttachRefusal? {
        guard let refusal = procfs.diagnoseAttach(to: process), refusal.isCertain else { return nil }
        if canBeTraced, case .alreadyTraced = refusal.reason { return nil }
        return refusal
    }

    private func add(
        _ pattern: String, to chosen: inout [ProcessID], _ procfs: ProcFS, _ canBeTraced: Bool
    ) throws(CommandFailure) {
        let matching: [ProcessID]
        do {
            matching = try procfs.processes(named: pattern)
        } catch {
            throw CommandFailure("can't list processes: \(error)")
        }
        guard !matching.isEmpty else {
            throw CommandFailure(
                "no process is named \(pattern), and none runs an executable of that name; ps -e -o pid,comm,args lists all"
            )
        }
        var refused: AttachRefusal?
        for process in matching where !chosen.contains(process) {
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
