import ProcFS
import ProfileModel
import SystemSupport

/// What processes are called in titles and file names.
enum ProcessTitle {
    /// The command name of the first process, and its executable's where that is another.
    static func name(of processes: [ProcessID], _ procfs: ProcFS) -> String {
        guard let first = processes.first, let directory = try? procfs.process(first),
            let stat = try? directory.stat()
        else { return "process" }
        return printable(directory.title(command: stat.command))
    }

    /// `redis-server`, or `redis-server, nginx and 1 more` where processes have different names.
    static func names(of processes: [ProcessID], _ procfs: ProcFS) -> String {
        var names: [String] = []
        for name in processes.map({ name(of: [$0], procfs) }) where !names.contains(name) { names.append(name) }
        let rest = names.count > 2 ? " and \(names.count - 2) more" : ""
        return names.prefix(2).joined(separator: ", ") + rest
    }

    /// `redis-server (PID 812)`, `nginx (PID 1, 2 and 3 more)`, `redis-server (PID 812), nginx (PID 1) and 3 more`.
    ///
    /// - Parameter name: of the first process.
    static func text(_ name: String, _ processes: [ProcessID], _ procfs: ProcFS) -> String {
        let shown = processes.prefix(2)
        let rest = processes.count > 2 ? " and \(processes.count - 2) more" : ""
        if shown.count == 2, case let second = self.name(of: [shown[1]], procfs), second != name {
            return "\(name) (PID \(shown[0])), \(second) (PID \(shown[1]))\(rest)"
        }
        return "\(name) (PID \(shown.map(\.description).joined(separator: ", "))\(rest))"
    }

    /// `NAME-PID-TIMESTAMP.EXT` in UTC, with a name that is safe in a path.
    static func fileName(_ name: String, _ processes: [ProcessID], extension suffix: String) -> String {
        let words = name.hasSuffix(")") ? String(name.dropLast()).replacing(" (", with: "_") : name
        let safe = words.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-+".contains($0)) ? $0 : "_" }
        let visible = safe.first == "." || safe.first == "-" ? ["_"] + safe : safe
        return "\(String(visible))-\(processes.first?.description ?? "0")-\(UTCTimestamp.now.fileName).\(suffix)"
    }

    static func baseName(_ path: String) -> String {
        printable(path.split(separator: "/").last.map(String.init) ?? path)
    }
}
