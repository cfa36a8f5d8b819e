import ArgumentParser
import ProcFS
import ProfileModel

/// Process IDs on the command line: `812`, `812,901`, or with blanks, as pidof(1) writes them.
struct ProcessList: ExpressibleByArgument {
    let processes: [ProcessID]

    init?(argument: String) {
        var processes: [ProcessID] = []
        for part in argument.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "," || $0 == " " }) {
            guard let number = Int32(part) else { return nil }
            processes.append(ProcessID(rawValue: number))
        }
        self.processes = processes
    }

    /// The running processes, behind what has been typed of a list.
    static var defaultCompletionKind: CompletionKind {
        .custom { _, _, word in
            let typed = word.lastIndex(of: ",").map { word[...$0] } ?? ""
            return ProcessSearch(procfs: ProcFS()).running.map { "\(typed)\($0.process)" }
        }
    }

    /// Throws for a number that no process has.
    static func validate(_ lists: [ProcessList]) throws {
        for process in lists.lazy.flatMap(\.processes) where process.rawValue <= 0 {
            throw ValidationError("\(process) is not a process ID; they begin at 1.")
        }
    }
}
