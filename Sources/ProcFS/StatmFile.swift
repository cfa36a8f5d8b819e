/// A kept descriptor of a process's `statm`, read again from its start.
///
/// It stays bound to the process, also when that executes another program.
package struct StatmFile: ~Copyable, Sendable {
    private let file: Descriptor

    package init(of process: borrowing ProcessDirectory) throws(ProcFSError) {
        file = try process.open("statm")
    }

    /// The buffer is scratch space that keeps its capacity between calls.
    package func read(using buffer: inout [UInt8]) throws(ProcFSError) -> Statm {
        try file.readRecord(into: &buffer, file: "statm")
        return try Statm(parsing: buffer.span)
    }
}
