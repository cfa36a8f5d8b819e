import ArgumentParser
import ProcFS
import ProfileModel

/// Process IDs on the command line: `812`, `812,901`, or with blanks, as pidof(1) writes them.
struct ProcessList: ExpressibleByArgument {
    let processes: [ProcessID]

    init?(argument: String) {
        guard let numbers = parsedNumbers(in: argument) else { return nil }
        processes = numbers.map(ProcessID.init)
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

/// Thread IDs on the command line, written like process IDs.
struct ThreadList: ExpressibleByArgument {
    let threads: [ThreadID]

    init?(argument: String) {
        guard let numbers = parsedNumbers(in: argument) else { return nil }
        threads = numbers.map(ThreadID.init)
    }

    /// Throws for a number that no thread has.
    static func validate(_ lists: [ThreadList]) throws {
        for thread in lists.lazy.flatMap(\.threads) where thread.rawValue <= 0 {
            throw ValidationError("\(thread) is not a thread's number; they begin at 1.")
        }
    }
}

private func parsedNumbers(in list: String) -> [Int32]? {
    var numbers: [Int32] = []
    for part in list.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "," || $0 == " " }) {
        guard let number = Int32(part) else { return nil }
        numbers.append(number)
    }
    return numbers
}
