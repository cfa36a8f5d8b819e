package import ProcFS
package import ProfileModel
internal import SystemSupport
internal import TargetProcess
package import WorkerControl
package import WorkerProtocol

/// Has the heap of one process read while the process goes on.
///
/// A thread is stopped only for its registers. Belongs to the thread that makes it.
package final class HeapScanner {
    private let context: ProcessContext
    private let worker: StackWorker
    private let key: ProcessKey
    private var buffer: [UInt8] = []

    /// How long a thread may take to get to a CPU, in nanoseconds.
    private static let longestWait: UInt64 = 1_000_000_000

    package init(of process: ProcessID, procfs: ProcFS, worker: StackWorker) throws(ProcFSError) {
        self.worker = worker
        let context = try ProcessContext(of: process, in: procfs)
        self.context = context
        key = worker.register(readsRuntimes: false) { context.openMemory() }
    }

    deinit { worker.discard(key) }

    /// Scans the heap once more; `nil` where the worker failed, or the scan was cancelled.
    package func scan(
        registers: [UInt64] = [], isCancelled: @escaping @Sendable () -> Bool
    ) throws(ProcFSError) -> HeapScanReply? {
        let input = HeapScanInput(stackPointers: try stackPointers(), registers: registers)
        return worker.scanHeap(
            of: key, try ranges(), input, pages: try? context.directory.open("pagemap"), isCancelled: isCancelled)
    }

    /// What is in the blocks that no scan has reached.
    package func unreachedBlocks(isCancelled: @escaping @Sendable () -> Bool) -> BlockGroupList? {
        worker.unreachedBlocks(of: key, isCancelled: isCancelled)
    }

    /// What is in all blocks that are in use.
    package func contents(isCancelled: @escaping @Sendable () -> Bool) throws(ProcFSError) -> HeapContentsReply? {
        worker.readHeap(of: key, try ranges(), pages: try? context.directory.open("pagemap"), isCancelled: isCancelled)
    }

    // MARK: - What the kernel shows

    private func ranges() throws(ProcFSError) -> [MappedRange] {
        var maps = try context.directory.maps(using: &buffer)
        if maps.entries.isEmpty, let thread = context.directory.livingThread() {
            maps = try thread.maps(using: &buffer)
        }
        guard !maps.entries.isEmpty else { throw .vanished(file: "maps") }
        return maps.entries.map(MappedRange.init(withoutObject:))
    }

    private func threads() throws(ProcFSError) -> [ThreadID] {
        var list = try TaskList(of: context.directory)
        var threads: [ThreadID] = []
        try list.read(into: &threads)
        return threads
    }

    /// Of threads that sleep.
    private func stackPointers() throws(ProcFSError) -> [Address] {
        let tasks = try TaskDirectory(of: context.directory)
        return try threads().compactMap { id in
            var files = ThreadFiles(of: id, in: tasks)
            return (try? files.systemCall(using: &buffer))?.pointers?.stackPointer
        }
    }

    /// The contents of all threads' registers, each read while the thread is stopped shortly, and how many threads have
    /// refused.
    package func registers() throws(ProcFSError) -> (values: [UInt64], missing: Int) {
        let threads = try threads()
        let read = Monitor<(values: [UInt64], missing: Int)?>(nil)
        // What has not stopped by the end of the thread that asked is let go by the kernel (ptrace(2)).
        let stopping = try? OwnedThread(name: "sonde-stops") { [context] in
            let found = Self.registers(of: threads, in: context)
            read.change { $0 = found }
        }
        stopping?.join()
        return read.read { $0 } ?? ([], threads.count)
    }

    private static func registers(
        of threads: [ThreadID], in context: ProcessContext
    ) -> (values: [UInt64], missing: Int) {
        var values: [UInt64] = []
        var missing = 0
        for thread in threads {
            do throws(PtraceError) {
                let stop = try ThreadStop(of: thread)
                guard let registers = try registers(of: stop) else {
                    missing += 1
                    continue
                }
                values += NativeRegisters.Name.allCases.compactMap { registers[$0] }
            } catch {
                // The kernel refuses to trace a thread that ends, too.
                missing += error == .gone || hasEnded(thread, in: context) ? 0 : 1
            }
        }
        return (values, missing)
    }

    private static func hasEnded(_ thread: ThreadID, in context: ProcessContext) -> Bool {
        guard let tasks = try? TaskDirectory(of: context.directory) else { return true }
        var files = ThreadFiles(of: thread, in: tasks)
        var buffer: [UInt8] = []
        guard let state = try? files.stat(using: &buffer).state else { return true }
        return state == .zombie || state == .dead
    }

    /// `nil` where the thread didn't stop in time.
    private static func registers(of stop: ThreadStop) throws(PtraceError) -> NativeRegisters? {
        let end = MonotonicTime.now.advanced(by: longestWait)
        while true {
            switch stop.poll() {
            case .stopped:
                let registers = try stop.registers()
                stop.release()
                return registers
            case .gone: throw .gone
            case .notYetStopped:
                let now = MonotonicTime.now
                guard now < end else { return nil }
                _ = StopSignal.wait(nanoseconds: min(end.since(now), 1_000_000))
            }
        }
    }
}

extension MappedRange {
    /// A line of `maps`, with a file's path but without the file.
    fileprivate init(withoutObject entry: MemoryMapping) {
        let content: Content =
            if entry.isFile {
                .file(path: entry.name, nil)
            } else {
                switch entry.name {
                case "": .anonymous
                case "[heap]": .heap
                case "[stack]": .stack
                case "[vdso]": .vdso(nil)
                default: .named(entry.name)
                }
            }
        self.init(
            start: entry.start, end: entry.end, isReadable: entry.permissions.contains(.read),
            isWritable: entry.permissions.contains(.write), isExecutable: entry.isExecutable,
            isShared: entry.permissions.contains(.shared), fileOffset: entry.offset, content: content)
    }
}
