import ProfileModel

/// What rules compare of a process.
struct ProcessFacts {
    let process: ProcessID
    let command: String
    /// The path of the executable; its first argument where the kernel doesn't show the path to this user.
    var executable = ""
    /// The arguments, joined by blanks, in UTF-8.
    var commandLine: [UInt8] = []
    var user: UInt32 = 0
    var userName = ""
    var cgroup = CgroupName(path: "/")
    /// Resident memory in bytes.
    var resident: UInt64 = 0

    init(process: ProcessID, command: String) {
        self.process = process
        self.command = command
    }

    var executableBase: String { executable.split(separator: "/").last.map(String.init) ?? "" }

    /// Facts that cost a system call each, read only when a rule asks for them.
    struct Needs: OptionSet, Sendable {
        let rawValue: Int

        static let executable = Needs(rawValue: 1 << 0)
        static let commandLine = Needs(rawValue: 1 << 1)
        static let userName = Needs(rawValue: 1 << 2)
    }
}
