import Glibc
package import ProfileModel
internal import SystemSupport

/// A mounted proc file system, or a directory that looks like one.
package struct ProcFS: Sendable {
    package let root: String

    package init(root: String = "/proc") { self.root = root }

    /// Opens the directory of a process, or of a thread by its own number.
    package func process(_ id: ProcessID) throws(ProcFSError) -> ProcessDirectory {
        try ProcessDirectory(of: id, in: self)
    }

    /// Opens the directory of the calling process, whatever its number is here (`self`).
    package func ownProcess() throws(ProcFSError) -> ProcessDirectory {
        let place = try OwnedDescriptor.open(root, flags: OwnedDescriptor.place)
        let number = Int32(try readLink("self", in: place.rawValue))
        return try process(ProcessID(rawValue: number.required("self", "number")))
    }

    /// Opens the files of the calling thread (`thread-self`).
    package func ownThread() throws(ProcFSError) -> ThreadFiles {
        let place = try OwnedDescriptor.open(root, flags: OwnedDescriptor.place)
        let numbers = try readLink("thread-self", in: place.rawValue).split(separator: "/").map { Int32($0) }
        guard numbers.count == 3, let process = numbers[0], let thread = numbers[2] else {
            throw .malformed(file: "thread-self", field: "number")
        }
        return try ThreadFiles(of: ThreadID(rawValue: thread), in: self.process(ProcessID(rawValue: process)))
    }

    /// The processes that are visible here, in ascending order; kernel threads too.
    package func processes() throws(ProcFSError) -> [ProcessID] {
        var entries = NumberedEntries(of: try OwnedDescriptor.open(root, flags: O_RDONLY | O_DIRECTORY))
        var numbers: [Int32] = []
        try entries.list(into: &numbers, file: root)
        return numbers.filter { $0 > 0 }.sorted().map(ProcessID.init(rawValue:))
    }

    /// The content of a small file, such as `sys/kernel/yama/ptrace_scope`, by its path below the root.
    package func bytes(of path: String, limit: Int = 64 * 1024) throws(ProcFSError) -> [UInt8] {
        var buffer: [UInt8] = []
        try OwnedDescriptor.open("\(root)/\(path)", flags: O_RDONLY).readAll(into: &buffer, limit: limit, file: path)
        return buffer
    }

    /// The number that a file of `/proc/sys` holds.
    package func setting(_ path: String) throws(ProcFSError) -> Int {
        let text = String(decoding: try bytes(of: path), as: UTF8.self)
        let digits = text.prefix { $0 == "-" || $0.isNumber }
        return try Int(digits).required(path, "number")
    }
}

extension ProcFS {
    /// The direct children of a process, in ascending order.
    ///
    /// From its threads' `children`, or from every process's parent where the kernel was built without that file.
    package func children(of process: ProcessID) throws(ProcFSError) -> [ProcessID] {
        let directory = try self.process(process)
        var tasks = try TaskList(of: directory)
        var threads: [ThreadID] = []
        try tasks.read(into: &threads)
        var children: Set<ProcessID> = []
        for thread in threads {
            do {
                children.formUnion(try Self.children(of: thread, in: directory))
            } catch .vanished {
                continue
            } catch .notOffered {
                return try childrenByParent(of: process)
            }
        }
        return children.sorted()
    }

    /// A child belongs to the thread that forked it.
    private static func children(
        of thread: ThreadID, in process: borrowing ProcessDirectory
    ) throws(ProcFSError) -> [ProcessID] {
        var buffer: [UInt8] = []
        try process.read("task/\(thread)/children", into: &buffer, limit: 8 << 20)
        var scanner = ByteScanner()
        var children: [ProcessID] = []
        while let number = scanner.decimal(buffer.span, as: Int32.self) { children.append(ProcessID(rawValue: number)) }
        return children
    }

    private func childrenByParent(of process: ProcessID) throws(ProcFSError) -> [ProcessID] {
        try processes().filter { candidate in
            (try? self.process(candidate).stat())?.parent == process
        }
    }
}

extension ProcFS {
    /// The processes whose command name or executable's base name matches a pattern of `*`, `?` and `[…]`: fnmatch(3).
    ///
    /// Sonde itself and kernel threads are left out, and so is what ends meanwhile.
    package func processes(named pattern: String) throws(ProcFSError) -> [ProcessID] {
        try processes().filter { $0.rawValue != getpid() && matches($0, pattern) }
    }

    private func matches(_ process: ProcessID, _ pattern: String) -> Bool {
        guard let directory = try? self.process(process), let stat = try? directory.stat(),
            !stat.flags.contains(.kernelThread)
        else { return false }
        if Self.matches(stat.command, pattern) { return true }
        let executable = directory.executableName()
        return [executable?.text, executable?.plain, longName(stat.command, directory)]
            .contains { $0.map { Self.matches($0, pattern) } ?? false }
    }

    /// The whole name where the kernel may have cut it, if the arguments still show it.
    private func longName(_ command: String, _ directory: borrowing ProcessDirectory) -> String? {
        command.mayBeCutCommand ? (try? directory.cmdline())?.name(ofCommand: command) : nil
    }

    /// Whether a name matches a pattern: fnmatch(3).
    package static func matches(_ name: String, _ pattern: String) -> Bool { unsafe fnmatch(pattern, name, 0) == 0 }
}

extension ProcFS {
    /// Whether it is mounted so that it shows nothing of the host itself (`subset=pid`, proc(5)).
    package var showsProcessesOnly: Bool {
        // Of several that lie above one another, the uppermost counts.
        guard isMounted(withAny: ["subset=pid"]) else { return false }
        return unsafe access("\(root)/stat", F_OK) != 0
    }

    /// Whether `/proc` is mounted so that it shows this process its own user's processes only (`hidepid`, proc(5)).
    ///
    /// Root, and who may trace, sees all the same.
    package var hidesProcesses: Bool {
        guard (try? ownProcess().status())?.user?.effective != 0 else { return false }
        return isMounted(withAny: [
            "hidepid=1", "hidepid=2", "hidepid=4", "hidepid=noaccess", "hidepid=invisible", "hidepid=ptraceable",
        ])
    }

    private func isMounted(withAny options: Set<String>) -> Bool {
        guard let mounts = try? bytes(of: "self/mounts", limit: 1 << 20) else { return false }
        return String(decoding: mounts, as: UTF8.self).split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 3 && fields[2] == "proc"
                && fields[3].split(separator: ",").contains { options.contains(String($0)) }
        }
    }
}
