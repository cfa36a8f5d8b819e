import PerfEvents
import ProcFS
import ProfileModel
import Sampling
import SystemSupport
import TargetProcess
import WorkerControl
import WorkerProtocol

/// What could prevent attaching to one process, and facts about it.
struct TargetChecks {
    private let process: ProcessID
    private let procfs: ProcFS
    private let worker: StackWorker?
    private let objects: TracedObjects

    /// - Parameter worker: reads the executable; `nil` where there is none.
    init(_ process: ProcessID, procfs: ProcFS, worker: StackWorker?, objects: TracedObjects) {
        self.process = process
        self.procfs = procfs
        self.worker = worker
        self.objects = objects
    }

    func section() -> DoctorReport.Process {
        let refusal = procfs.diagnoseAttach(to: process)
        return DoctorReport.Process(
            described: DescribedProcess(process, in: procfs),
            checks: [attaching(refusal), sampler(refusal)].compactMap { $0 } + facts())
    }

    private func attaching(_ refusal: AttachRefusal?) -> DoctorCheck {
        if let refusal { return .refused("attaching", refusal) }
        return .ok("attaching", "nothing in /proc prevents it (inferred; the process was not touched)")
    }

    /// What `record` would use; `nil` when it can't sample the process at all.
    private func sampler(_ refusal: AttachRefusal?) -> DoctorCheck? {
        let permitsEvents = (try? PerfEventProbe.seesKernel()) != nil
        switch refusal?.reason {
        case nil where permitsEvents:
            return .ok("sampler", "record uses ptrace, and switches to perf if stops exceed the stop budget")
        case nil: return .ok("sampler", "record uses ptrace; perf_event is refused")
        case .alreadyTraced where permitsEvents:
            return .ok("sampler", "record uses perf, which works beside another tracer")
        default: return nil
        }
    }

    private func facts() -> [DoctorCheck] {
        guard let directory = try? procfs.process(process), let status = try? directory.status(),
            let stat = try? directory.stat(), !stat.flags.contains(.kernelThread)
        else { return [] }
        let isHeadless = stat.state == .zombie && stat.threadCount > 1
        if stat.state == .zombie || stat.state == .dead, !isHeadless { return [identity(status)] }
        let facts = [identity(status), threads(stat, isHeadless: isHeadless)] + numbers(status)
        // The first thread has released its memory and files; the others still have them.
        if isHeadless, let living = directory.livingThread() { return facts + executable(living) }
        // Files have the names by which the process has them mapped.
        let runtimes = runtimes()
        return facts + executable(directory) + runtimes
    }

    /// What Sonde reads of the runtimes whose files are mapped; the process itself goes on.
    private func runtimes() -> [DoctorCheck] {
        guard let worker,
            let dump = try? StackDump(
                of: process, procfs: procfs, worker: worker, objects: objects, interruptsSleeping: false)
        else { return [] }
        return dump.runtimes.map(DoctorCheck.runtime)
    }

    private func identity(_ status: ProcStatus) -> DoctorCheck {
        let user = status.user.map { ", uid \($0.effective)" } ?? ""
        let state = status.state.map { ", \($0)" } ?? ""
        return .ok("process", printable(status.name) + user + state)
    }

    private func threads(_ stat: ProcStat, isHeadless: Bool) -> DoctorCheck {
        let traced = tracedThreads()
        guard traced == 0 else {
            let share = traced == Int(stat.threadCount) ? "all" : "\(traced) of them"
            return .warning(
                "threads", "\(stat.threadCount), \(share) traced already",
                remedy: "Detach the other tracer; until then, these threads can be sampled by perf_event only.")
        }
        return .ok("threads", "\(stat.threadCount)\(isHeadless ? "; the first one has ended" : "")")
    }

    /// Reads a thousand threads at most: each `status` costs about 60 µs.
    private func tracedThreads() -> Int {
        guard let directory = try? procfs.process(process), var tasks = try? TaskList(of: directory) else { return 0 }
        var threads: [ThreadID] = []
        try? tasks.read(into: &threads)
        return threads.prefix(1000).count { (try? directory.status(of: $0))?.tracer != nil }
    }

    private func numbers(_ status: ProcStatus) -> [DoctorCheck] {
        var checks: [DoctorCheck] = []
        if status.namespaceIDs.count > 1, let inside = status.namespaceIDs.last {
            checks.append(.ok("container", "its own PID namespace, where it is process \(inside)"))
        }
        if process.rawValue == 1 {
            checks.append(.ok("init", "process 1: the kernel allows sampling it like any other"))
        }
        return checks
    }

    private func executable(_ directory: borrowing ProcessDirectory) -> [DoctorCheck] {
        do {
            return executable(try directory.executable(), directory)
        } catch {
            return [.unknown("executable", "its name can't be read: \(error)")]
        }
    }

    private func executable(
        _ file: (path: String, isDeleted: Bool), _ directory: borrowing ProcessDirectory
    ) -> [DoctorCheck] {
        let name = printable(file.path)
        guard file.isDeleted else { return [.ok("executable", name), symbols(directory)] }
        return [
            .warning(
                "executable", "\(name), deleted or replaced since it started",
                remedy: "Sonde reads the running file through /proc; other tools may read the new one."),
            symbols(directory),
        ]
    }

    /// Of the program that runs, whatever its path names by now.
    private func symbols(_ directory: borrowing ProcessDirectory) -> DoctorCheck {
        do {
            let object = objects.add(
                path: "exe", try TargetFile.open(link: "exe", in: directory.place, place: "exe"), debugFiles: nil)
            guard let worker, let summary = object.flatMap(worker.summary) else {
                return .unknown("symbols", "the executable isn't an ELF file that can be read")
            }
            return symbols(summary)
        } catch {
            return .unknown("symbols", "the executable can't be opened: \(error)")
        }
    }

    private func symbols(_ object: ObjectSummary) -> DoctorCheck {
        let identity = object.buildID.map { "build-id \($0)" } ?? "no build-id"
        switch object.symbols {
        case .symbolTable: return .ok("symbols", "not stripped; \(identity)")
        case .embedded: return .ok("symbols", "in .gnu_debugdata; \(identity)")
        case .stripped:
            return .warning(
                "symbols", "stripped; \(identity)",
                remedy: "Without its debug package (-dbgsym), only exported functions have names.")
        }
    }
}
