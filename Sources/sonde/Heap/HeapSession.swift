import Glibc
import ProcFS
import ProfileModel
import Sampling
import SystemSupport
import TargetProcess
import WorkerControl
import WorkerProtocol

/// What commands that read heaps have in common: the processes, and the worker that reads their memory.
struct HeapSession {
    private let processes: [ProcessID]
    private let procfs = ProcFS()
    private let worker: StackWorker

    init(_ targets: TargetOptions, _ options: WorkerOptions) throws(CommandFailure) {
        SamplingSession.blockChildSignal()
        let launcher = try options.launcher()
        try InterruptSignals.install()
        processes = try targets.processes(in: procfs)
        worker = options.worker(launcher, objects: TracedObjects(), frameLimit: 1)
        try options.start(worker)
    }

    /// What a body gives for each process; where there are several, those whose heaps can't be read are left out with a
    /// warning.
    func each<Report>(_ body: (HeapTarget) throws(CommandFailure) -> Report) throws(CommandFailure) -> [Report] {
        var reports: [Report] = []
        var last: CommandFailure?
        for process in processes {
            do throws(CommandFailure) {
                reports.append(try body(try HeapTarget(process, procfs, worker)))
            } catch {
                guard processes.count > 1, error.exitCode == 1 else { throw error }
                Console.warn(error.message)
                last = error
            }
        }
        if reports.isEmpty, let last { throw last }
        return reports
    }
}

/// One process whose heap is read.
struct HeapTarget {
    let process: DescribedProcess
    private let id: ProcessID
    private let scanner: HeapScanner

    fileprivate init(_ id: ProcessID, _ procfs: ProcFS, _ worker: StackWorker) throws(CommandFailure) {
        self.id = id
        process = DescribedProcess(id, in: procfs)
        do {
            scanner = try HeapScanner(of: id, procfs: procfs, worker: worker)
        } catch {
            throw CommandFailure("process \(id): \(error)")
        }
    }

    /// Scans the heap.
    ///
    /// - Parameter number: of this scan; another one after that of a worker that has failed begins anew, and isn't used.
    func scan(expecting number: UInt32, registers: [UInt64] = []) throws(CommandFailure) -> HeapScan {
        let progress = Progress("scan \(number)")
        defer { progress.clear() }
        let reply = try read { () throws(ProcFSError) in
            try scanner.scan(registers: registers) { InterruptSignals.isRequested }
        }
        switch reply {
        case .scanned(let scan) where scan.count == number: return scan
        case .unreadable(let error): throw CommandFailure("process \(id): \(error.words)")
        case .scanned, nil: throw failure
        }
    }

    typealias Contents = (summary: HeapSummary, groups: BlockGroupList)

    /// What is in the heap's blocks.
    func contents() throws(CommandFailure) -> Contents {
        let progress = Progress("reading the heap")
        defer { progress.clear() }
        let reply = try read { () throws(ProcFSError) in
            try scanner.contents { false }
        }
        switch reply {
        case .read(let summary, let groups): return (summary, groups)
        case .unreadable(let error): throw CommandFailure("process \(id): \(error.words)")
        case nil: throw failure
        }
    }

    func registers() throws(CommandFailure) -> (values: [UInt64], missing: Int) {
        try read { () throws(ProcFSError) in try scanner.registers() }
    }

    /// What is in the blocks that no scan has reached; nothing where the worker fails.
    func unreachedBlocks() -> BlockGroupList? { scanner.unreachedBlocks { InterruptSignals.isRequested } }

    /// Waits between two scans.
    func wait(seconds: Double) throws(CommandFailure) {
        if isInterrupted(within: seconds, note: "the heap is scanned again then") { throw Self.interruption }
    }

    /// The second reading is made early when that is asked for.
    func waitForSecondReading(seconds: Double) { _ = isInterrupted(within: seconds, note: "Ctrl-C reads now") }

    private func isInterrupted(within seconds: Double, note: String) -> Bool {
        var progress = ProgressLine(seconds: seconds)
        defer { progress.clear() }
        let start = MonotonicTime.now
        while true {
            let elapsed = Double(MonotonicTime.now.since(start)) / 1e9
            guard elapsed < seconds else { return false }
            progress.show(elapsed: elapsed, note: note)
            if InterruptSignals.wait(nanoseconds: UInt64(min(seconds - elapsed, 0.5) * 1e9)) { return true }
        }
    }

    private func read<Value>(_ body: () throws(ProcFSError) -> Value) throws(CommandFailure) -> Value {
        do {
            return try body()
        } catch {
            throw CommandFailure("can't read the heap of process \(id): \(error)")
        }
    }

    private static let interruption = CommandFailure("interrupted before the heap was read", exitCode: 130)

    private var failure: CommandFailure {
        InterruptSignals.isRequested
            ? Self.interruption
            : CommandFailure(
                "process \(id): the worker process failed while it read the heap, or took longer than 10 minutes; nothing is "
                    + "reported of it. Run it again; if it fails again, the heap may be damaged")
    }

    /// A line while the worker reads.
    private struct Progress {
        init(_ text: String) {
            var line = ProgressLine(seconds: nil)
            line.show(text + " …")
        }

        func clear() {
            var line = ProgressLine(seconds: nil)
            line.show("")
            line.clear()
        }
    }
}
