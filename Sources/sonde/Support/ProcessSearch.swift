import Glibc
import HostWatch
import ProcFS
import ProfileModel
import SystemSupport

/// Finds processes by their names or their command lines.
struct ProcessSearch {
    /// Of a command line, the bytes that are compared; Java's class paths go on for many kilobytes.
    private static let longest = 16 * 1024
    private static let timeLimit = Duration.milliseconds(200)
    private static var own: ProcessID { ProcessID(rawValue: getpid()) }

    private let procfs: ProcFS

    init(procfs: ProcFS) { self.procfs = procfs }

    /// All but kernel threads and Sonde itself, with their command names.
    var running: [(process: ProcessID, command: String)] {
        ((try? procfs.processes()) ?? []).compactMap { process in
            guard process != Self.own, let stat = try? procfs.process(process).stat(),
                !stat.flags.contains(.kernelThread)
            else { return nil }
            return (process, stat.command)
        }
    }

    /// Those whose command, executable, first argument or script has a name that matches: fnmatch(3); not Sonde's own.
    func named(_ pattern: String) throws(ProcFSError) -> [ProcessID] {
        let known = Set(try procfs.processes(named: pattern))
        return try procfs.processes().filter { process in
            let isNamed =
                known.contains(process) || programNames(of: process).contains { ProcFS.matches($0, pattern) }
            return isNamed && !ancestry(of: process).contains(Self.own)
        }
    }

    /// Those in whose command line, its arguments joined by blanks, the expression is found; not Sonde, and not what
    /// started it, such as sudo, whose command lines hold the expression.
    func matching(_ pattern: Pattern) throws(ProcFSError) -> [ProcessID] {
        let starters = ancestry(of: Self.own)
        return try procfs.processes().filter { process in
            guard !starters.contains(process), let bytes = commandLine(of: process), !bytes.isEmpty,
                pattern.isFound(in: Cmdline.joined(bytes))
            else { return false }
            return !ancestry(of: process).contains(Self.own)
        }
    }

    /// The base names of the first argument and of what an interpreter runs.
    private func programNames(of process: ProcessID) -> [String] {
        guard let bytes = commandLine(of: process) else { return [] }
        let arguments = Cmdline(parsing: bytes).arguments
        let executable = (try? procfs.process(process))?.executableName()?.text ?? ""
        return [
            arguments.first.flatMap { ExecutableName(path: $0)?.text },
            InterpretedProgram(executable: executable, arguments: arguments)?.name,
        ].compactMap { $0 }
    }

    /// A process, its parent, and so on.
    private func ancestry(of process: ProcessID) -> Set<ProcessID> {
        var found: Set<ProcessID> = []
        var next: ProcessID? = process
        while let process = next, found.insert(process).inserted {
            next = try? procfs.process(process).stat().parent
        }
        return found
    }

    /// `nil` where it can't be read.
    private func commandLine(of process: ProcessID) -> [UInt8]? {
        let bytes = procfs.commandLine(of: process, limit: Self.longest, within: Self.timeLimit)
        if bytes == nil {
            Console.warn("process \(process) keeps its command line from being read; it is not compared")
        }
        return bytes
    }
}
