/// The last component of an executable's path, which no thread of the process can change.
package struct ExecutableName: Hashable, Sendable {
    /// `nginx`, or `memfd:NAME` of a program that was executed from memory: memfd_create(2).
    package let text: String

    private static let memoryFile = "/memfd:"

    /// From the path that `exe` leads to; `nil` without one.
    package init?(path: String) {
        // The name of a memory file may have slashes: `/memfd:runc_cloned:/proc/self/exe`.
        let isMemoryFile = path.hasPrefix(Self.memoryFile)
        guard let text = isMemoryFile ? path.dropFirst() : path.split(separator: "/").last else { return nil }
        self.text = String(text)
    }

    /// As people call it: without `memfd:`.
    package var plain: String {
        text.hasPrefix(Self.memoryFile.dropFirst()) ? String(text.dropFirst(Self.memoryFile.count - 1)) : text
    }

    /// Whether a command name is this one, as far as the kernel keeps names.
    package func isNamed(_ command: String) -> Bool {
        !command.isEmpty && [text, plain].contains { $0.hasPrefix(command) }
    }
}

extension ProcessDirectory {
    /// `nil` where the kernel doesn't show it to this user, and of kernel threads.
    package func executableName() -> ExecutableName? {
        (try? executable()).flatMap { ExecutableName(path: $0.path) }
    }

    /// What titles and rows call a process: its command name, and before it the executable's where a thread gave itself
    /// that name, as `node (MainThread)`.
    ///
    /// The kernel reads a part of its command line for it, where the two differ.
    package func title(command: String) -> String {
        guard let executable = executableName(), !executable.isNamed(command), !showsName(command),
            // Else it has executed another program meanwhile.
            (try? stat().command) == command
        else { return command }
        return command.isEmpty ? executable.text : "\(executable.text) (\(command))"
    }

    /// Whether its command line has a command name.
    private func showsName(_ command: String) -> Bool {
        var buffer: [UInt8] = []
        guard (try? readStart(of: "cmdline", into: &buffer)) != nil else { return false }
        return Cmdline(parsing: buffer).name(ofCommand: command) != nil
    }
}

extension Cmdline {
    /// A command name as the arguments have it, uncut: that of a link to the executable, of a script, or of a title.
    package func name(ofCommand command: String) -> String? {
        guard !command.isEmpty, let called = arguments.first else { return nil }
        // The kernel puts a script behind its interpreter and one argument of that: execve(2).
        for argument in arguments.prefix(3) {
            guard let name = ExecutableName(path: argument)?.text else { continue }
            if name == command { return command }
            if command.mayBeCutCommand, name.hasPrefix(command) { return name }
        }
        // A title has anything behind the name: `postgres: writer`, `/usr/bin/redis-server *:6379`.
        let program = called.split(separator: " ").first.flatMap { ExecutableName(path: String($0)) }?.text
        return [called, program ?? called].contains { $0.hasPrefix(command) || $0.hasPrefix("-\(command)") }
            ? command : nil
    }
}

extension String {
    /// Whether the kernel may have cut a command name: it keeps 15 bytes, `TASK_COMM_LEN`, proc_pid_comm(5).
    package var mayBeCutCommand: Bool { utf8.count == 15 }
}
