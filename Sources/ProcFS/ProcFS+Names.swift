import Glibc
package import ProfileModel

extension ProcFS {
    /// The processes whose command name matches a pattern of `*`, `?` and `[…]`: fnmatch(3).
    ///
    /// Sonde itself and kernel threads are left out, and so is what ends meanwhile.
    package func processes(named pattern: String) throws(ProcFSError) -> [ProcessID] {
        try processes().filter { $0.rawValue != getpid() && matches($0, pattern) }
    }

    private func matches(_ process: ProcessID, _ pattern: String) -> Bool {
        guard let directory = try? self.process(process), let stat = try? directory.stat(),
            !stat.flags.contains(.kernelThread)
        else { return false }
        return Self.matches(stat.command, pattern)
            || longName(stat.command, directory).map { Self.matches($0, pattern) } ?? false
    }

    /// The whole name where the kernel cut it at 15 bytes, if the first argument still shows it.
    private func longName(_ command: String, _ directory: borrowing ProcessDirectory) -> String? {
        guard command.utf8.count == 15, let program = try? directory.cmdline().arguments.first else { return nil }
        let name = program.split(separator: "/").last.map(String.init)
        return name?.hasPrefix(command) == true ? name : nil
    }

    private static func matches(_ name: String, _ pattern: String) -> Bool { unsafe fnmatch(pattern, name, 0) == 0 }
}
