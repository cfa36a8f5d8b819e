package import ProfileModel

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
