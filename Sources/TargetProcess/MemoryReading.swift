package import ProcFS
package import ProfileModel

/// The files of a process that say where its memory is.
package struct MemoryReading: ~Copyable {
    private let directory: ProcessDirectory
    private var buffer: [UInt8] = []

    package init(at process: ProcessID, in procfs: ProcFS) throws(ProcFSError) {
        directory = try procfs.process(process)
    }

    /// Reads where the memory is now.
    ///
    /// The kernel walks the page tables for it, some ten milliseconds for each GiB of small pages; the process goes on
    /// meanwhile, but its mmap(2) and the like can wait for the part that is being walked.
    ///
    /// - Parameter limit: Of the kernel's text, in bytes; as many ranges as it allows by default (65,530) are some 50 MiB.
    package mutating func breakdown(limit: Int = 512 << 20) throws(ProcFSError) -> MemoryBreakdown {
        // Without the permission to list descriptors, what they hold is not known.
        let files = (try? directory.memoryFiles()) ?? []
        let pageTables = try directory.memoryStatus(using: &buffer).pageTableBytes ?? 0
        return MemoryBreakdown(
            try directory.smaps(using: &buffer, limit: limit), stackPointers: stackPointers(), pageTables: pageTables,
            files: files)
    }

    /// Of the threads that sleep: where a running one's stack is can't be known without stopping it.
    private func stackPointers() -> [ThreadID: Address] {
        var pointers: [ThreadID: Address] = [:]
        var threads: [ThreadID] = []
        var scratch: [UInt8] = []
        guard var tasks = try? TaskList(of: directory), (try? tasks.read(into: &threads)) != nil else { return [:] }
        for thread in threads {
            guard var files = try? ThreadFiles(of: thread, in: directory),
                let call = try? files.systemCall(using: &scratch)
            else { continue }
            pointers[thread] = call.pointers?.stackPointer
        }
        return pointers
    }
}
