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

    /// What titles and rows call a process: its command name, and before it the executable's where that is another, as
    /// `node (MainThread)`.
    package func title(command: String) -> String {
        guard let executable = executableName(), !executable.isNamed(command) else { return command }
        return command.isEmpty ? executable.text : "\(executable.text) (\(command))"
    }
}

extension String {
    /// Whether the kernel may have cut a command name: it keeps 15 bytes, `TASK_COMM_LEN`, proc_pid_comm(5).
    package var mayBeCutCommand: Bool { utf8.count == 15 }
}
