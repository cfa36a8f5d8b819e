import Glibc
package import ProfileModel

/// An open `/proc/PID`.
///
/// It stays bound to the process that it was opened for: once that has ended, every read says `.vanished`, even when
/// the number belongs to another process by then.
package struct ProcessDirectory: ~Copyable, Sendable {
    package let process: ProcessID
    private let directory: Descriptor

    init(of process: ProcessID, in procfs: ProcFS) throws(ProcFSError) {
        self.process = process
        directory = try Descriptor.open("\(procfs.root)/\(process)", flags: Descriptor.place)
    }

    /// `place` is a descriptor of the proc file system's root.
    init(of process: ProcessID, in place: borrowing Descriptor) throws(ProcFSError) {
        self.process = process
        directory = try Descriptor.open("\(process)", in: place.number, flags: Descriptor.place)
    }

    private init(of process: ProcessID, beside other: borrowing ProcessDirectory) throws(ProcFSError) {
        self.process = process
        directory = try Descriptor.open("../\(process)", in: other.directory.number, flags: Descriptor.place)
    }

    /// Another thread of the process that has not ended, if its first thread has left by pthread_exit(3).
    ///
    /// The kernel then shows nothing of the address space in the process's own directory, and all of it in that of
    /// each living thread, which `/proc` doesn't list but opens.
    package func livingThread() -> ProcessDirectory? {
        guard (try? stat().state) == .zombie, var tasks = try? TaskList(of: self) else { return nil }
        var threads: [ThreadID] = []
        try? tasks.read(into: &threads)
        for thread in threads where thread.rawValue != process.rawValue {
            guard let candidate = try? ProcessDirectory(of: ProcessID(rawValue: thread.rawValue), beside: self),
                let status = try? candidate.status(), status.process == process,
                let state = try? candidate.stat().state, state != .zombie && state != .dead
            else { continue }
            return candidate
        }
        return nil
    }

    /// The directory's descriptor (`O_PATH`), for system calls made while this owner lives.
    package var descriptor: Int32 { directory.number }

    /// Opens a file of the process, such as `exe`, or `root` with `Descriptor.place`.
    package func open(_ file: String, flags: Int32 = O_RDONLY) throws(ProcFSError) -> Descriptor {
        do {
            return try Descriptor.open(file, in: directory.number, flags: flags)
        } catch {
            throw explained(error, file)
        }
    }

    /// Replaces the buffer's content with a whole file of the process.
    package func read(_ file: String, into buffer: inout [UInt8], limit: Int) throws(ProcFSError) {
        try open(file).readAll(into: &buffer, limit: limit, file: file)
    }

    /// Replaces the buffer's content with at most the first 4096 bytes of a file, by one read.
    package func readStart(of file: String, into buffer: inout [UInt8]) throws(ProcFSError) {
        try open(file).readRecord(into: &buffer, file: file)
    }

    /// Replaces the buffer's content with the first bytes of a file, at most `count` of them.
    package func readUpTo(_ count: Int, of file: String, into buffer: inout [UInt8]) throws(ProcFSError) {
        try open(file).readUpTo(count, into: &buffer, file: file)
    }

    /// The user who owns a file of the process.
    ///
    /// The process's effective user, or root while the process is not dumpable; of directories that all may read,
    /// always the effective user: proc_pid(5), task_dump_owner().
    package func owner(of file: String) throws(ProcFSError) -> UInt32 {
        try status(of: file).st_uid
    }

    /// The size that stat(2) shows of a file of the process.
    func size(of file: String) throws(ProcFSError) -> UInt64 { UInt64(clamping: try status(of: file).st_size) }

    private func status(of file: String) throws(ProcFSError) -> Glibc.stat {
        var status = Glibc.stat()
        // Safe: the structure outlives the call.
        guard unsafe fstatat(directory.number, file, &status, 0) == 0 else {
            throw explained(ProcFSError(errno: errno, file: file), file)
        }
        return status
    }

    /// Where a symbolic link such as `exe`, `cwd` or `ns/pid` points, as the kernel words it.
    package func link(_ name: String) throws(ProcFSError) -> String {
        do {
            return try readLink(name, in: directory.number)
        } catch {
            throw explained(error, name)
        }
    }

    /// `ENOENT` of a file means that the process has ended, unless it still shows its `stat`.
    private func explained(_ error: ProcFSError, _ file: String) -> ProcFSError {
        guard error == .vanished(file: file), unsafe faccessat(directory.number, "stat", F_OK, 0) == 0 else {
            return error
        }
        return .notOffered(file: file)
    }
}
