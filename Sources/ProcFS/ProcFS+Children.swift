package import ProfileModel

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
