import Glibc
package import ProfileModel
package import SystemSupport

/// An open `/proc/PID`.
///
/// It stays bound to the process that it was opened for: once that has ended, every read says `.vanished`, even when
/// the number belongs to another process by then.
package struct ProcessDirectory: ~Copyable, Sendable {
    package let process: ProcessID
    /// Only a place to open names from.
    package let place: OwnedDescriptor

    init(of process: ProcessID, in procfs: ProcFS) throws(ProcFSError) {
        self.process = process
        place = try OwnedDescriptor.open("\(procfs.root)/\(process)", flags: OwnedDescriptor.place)
    }

    /// `place` is a descriptor of the proc file system's root.
    init(of process: ProcessID, in place: borrowing OwnedDescriptor) throws(ProcFSError) {
        self.process = process
        self.place = try OwnedDescriptor.open("\(process)", in: place.rawValue, flags: OwnedDescriptor.place)
    }

    private init(of process: ProcessID, beside other: borrowing ProcessDirectory) throws(ProcFSError) {
        self.process = process
        place = try OwnedDescriptor.open(
            "../\(process)", in: other.place.rawValue, flags: OwnedDescriptor.place)
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

    /// Opens a file of the process, such as `exe`, or `root` with `OwnedDescriptor.place`.
    package func open(_ file: String, flags: Int32 = O_RDONLY) throws(ProcFSError) -> OwnedDescriptor {
        do {
            return try OwnedDescriptor.open(file, in: place.rawValue, flags: flags)
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
        guard unsafe fstatat(place.rawValue, file, &status, 0) == 0 else {
            throw explained(ProcFSError(errno: errno, file: file), file)
        }
        return status
    }

    /// Where a symbolic link such as `exe`, `cwd` or `ns/pid` points, as the kernel words it.
    package func link(_ name: String) throws(ProcFSError) -> String {
        do {
            return try readLink(name, in: place.rawValue)
        } catch {
            throw explained(error, name)
        }
    }

    /// Whether its parent has not yet taken note of the end of the process; takes no descriptor.
    package var exists: Bool { unsafe faccessat(place.rawValue, "stat", F_OK, 0) == 0 }

    /// `ENOENT` of a file means that the process has ended, unless it still shows its `stat`.
    private func explained(_ error: ProcFSError, _ file: String) -> ProcFSError {
        error == .vanished(file: file) && exists ? .notOffered(file: file) : error
    }
}

extension ProcessDirectory {
    package func stat() throws(ProcFSError) -> ProcStat { try ProcStat(parsing: small("stat")) }

    package func status() throws(ProcFSError) -> ProcStatus { try ProcStatus(parsing: small("status")) }

    /// The `status` of one of its threads.
    package func status(of thread: ThreadID) throws(ProcFSError) -> ProcStatus {
        try ProcStatus(parsing: small("task/\(thread)/status"))
    }

    package func statm() throws(ProcFSError) -> Statm { try Statm(parsing: small("statm")) }

    package func auxv() throws(ProcFSError) -> Auxv { try Auxv(parsing: small("auxv")) }

    /// The address space; at most 64 MiB of text, some 500,000 ranges.
    ///
    /// The buffer holds the text and can be handed in again.
    package func maps(using buffer: inout [UInt8]) throws(ProcFSError) -> ProcMaps {
        try read("maps", into: &buffer, limit: 64 << 20)
        return try ProcMaps(parsing: buffer.span)
    }

    package func cmdline() throws(ProcFSError) -> Cmdline {
        // The kernel allows arguments of 6 MiB at most (execve(2)).
        Cmdline(parsing: try content("cmdline", limit: 8 << 20))
    }

    /// The path of the executable in the process's mount namespace, and whether that name is gone.
    package func executable() throws(ProcFSError) -> (path: String, isDeleted: Bool) {
        let (path, isDeleted) = DeletedSuffix.removed(from: try link("exe"))
        return (path, isDeleted)
    }

    private func small(_ file: String) throws(ProcFSError) -> [UInt8] { try content(file, limit: 64 * 1024) }

    private func content(_ file: String, limit: Int) throws(ProcFSError) -> [UInt8] {
        var buffer: [UInt8] = []
        try read(file, into: &buffer, limit: limit)
        return buffer
    }
}

/// The argument vector that a process shows: `cmdline`, proc_pid_cmdline(5).
///
/// The process can overwrite it with any text. Empty for kernel threads and zombies.
package struct Cmdline: Hashable, Sendable {
    package let arguments: [String]

    package init(parsing bytes: [UInt8]) {
        // One zero byte ends each argument, the last one too.
        let content = bytes.last == 0 ? bytes.dropLast() : bytes[...]
        arguments =
            content.isEmpty
            ? []
            : content.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of `cmdline` as one line of valid UTF-8, with blanks between the arguments.
    package static func joined(_ bytes: [UInt8]) -> [UInt8] {
        let end = (bytes.lastIndex { $0 != 0 } ?? -1) + 1
        let joined = bytes[..<end].map { $0 == 0 ? UInt8(ascii: " ") : $0 }
        return Array(String(decoding: joined, as: UTF8.self).utf8)
    }
}
