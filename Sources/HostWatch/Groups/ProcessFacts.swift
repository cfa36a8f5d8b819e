import ProcFS
import ProfileModel

/// What rules compare of a process, and what names its group without them.
struct ProcessFacts {
    let process: ProcessID
    let command: String
    /// The path of the executable; its first argument where the kernel doesn't show the path to this user and a rule asks.
    var executable = ""
    /// The arguments as the kernel has them, each ended by a zero byte; empty where they were not read.
    var arguments: [UInt8] = [] {
        didSet { commandLine = Cmdline.joined(arguments) }
    }
    /// The arguments, joined by blanks, as valid UTF-8.
    private(set) var commandLine: [UInt8] = []
    var user: UInt32 = 0
    var userName = ""
    var cgroup = CgroupName(path: "/")
    /// Resident memory in bytes.
    var resident: UInt64 = 0

    init(process: ProcessID, command: String) {
        self.process = process
        self.command = command
    }

    var executableBase: String { ExecutableName(path: executable)?.text ?? "" }

    /// Facts that cost a system call each, read only when they are needed.
    struct Needs: OptionSet, Sendable {
        let rawValue: Int

        static let executable = Needs(rawValue: 1 << 0)
        static let commandLine = Needs(rawValue: 1 << 1)
        static let userName = Needs(rawValue: 1 << 2)
    }
}

extension ProcessFacts {
    /// Whether the arguments may name the program: it is an interpreter's, or the command is not the executable's name.
    var needsArguments: Bool {
        guard let executable = ExecutableName(path: executable) else { return false }
        return !executable.isNamed(command) || Interpreter(executable: executable.text) != nil
    }

    /// What names the group of a process that has neither unit nor container: what an interpreter runs, else the command,
    /// unless a thread gave itself that name.
    var programName: String {
        guard let executable = ExecutableName(path: executable) else { return shownCommand }
        let line = Cmdline(parsing: arguments)
        if let program = InterpretedProgram(executable: executable.text, arguments: line.arguments) {
            return program.name
        }
        if executable.isNamed(command) { return command.mayBeCutCommand ? executable.text : command }
        return line.name(ofCommand: command) ?? executable.text
    }

    private var shownCommand: String { command.isEmpty ? "(unnamed)" : command }
}
