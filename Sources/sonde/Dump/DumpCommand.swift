import ArgumentParser
import Glibc
import ProcFS
import ProfileModel
import Sampling
import SystemSupport
import TargetProcess
import WorkerControl

/// `sonde dump`.
struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Print the current stack of every thread.",
        discussion: """
            A running thread is stopped for microseconds; a sleeping one is read without being stopped.

            Threads with the same stack are shown together, running ones first, with the CPU time that each has used. The \
            first line counts what they do: a sleeping thread by the function of the C library that it waits in.

            EXAMPLES
              sonde dump -p 812
              sonde dump -p 812 --each --thread 812,815
              sonde dump -p 812 --tasks
              sonde dump -p 812 --python-only --locals --redact 'card_*'
              sonde dump -n postgres --json | jq '.[].threads[].frames[0].name'
            """ + DownloadOptions.help + ExitStatusHelp.text())

    @OptionGroup var targets: TargetOptions

    @OptionGroup var workerOptions: WorkerOptions

    @OptionGroup var downloadOptions: DownloadOptions

    @Flag(help: "Show threads one by one, in the order of their numbers, with addresses.")
    var each = false

    @Option(help: ArgumentHelp("Only these threads: 812 or 812,815; repeatable.", valueName: "tid"))
    var thread: [ThreadList] = []

    @Flag(help: "Write JSON: every thread, one by one (docs/json.md).")
    var json = false

    @Flag(help: "Stop a sleeping thread once if its stack can't be unwound without all its registers.")
    var interruptSleeping = false

    @Flag(
        help: """
            Also show the tasks of Python's asyncio and trio (3.7 to 3.14), suspended ones too: what each waits for, \
            and the functions that await it; and greenlets, such as gevent's (3.9 to 3.14).
            """)
    var tasks = false

    @OptionGroup var localsOptions: LocalsOptions

    @OptionGroup var runtimes: RuntimeOptions

    @Option(help: ArgumentHelp("Maximum number of frames of a stack, 1 to 100000.", valueName: "frames"))
    var maxDepth = 512

    func validate() throws {
        try targets.require()
        try ThreadList.validate(thread)
        guard !tasks || !runtimes.nativeOnly else {
            throw ValidationError("--tasks and --native-only exclude each other.")
        }
        guard !localsOptions.locals || !runtimes.nativeOnly else {
            throw ValidationError("--locals and --native-only exclude each other.")
        }
        guard (1...100_000).contains(maxDepth) else { throw ValidationError("--max-depth must be 1 to 100000.") }
    }

    func run() throws {
        SamplingSession.blockChildSignal()
        try reportingFailure { () throws(CommandFailure) in
            let launcher = try workerOptions.launcher(hasDebugServers: DownloadOptions.areServersNamed)
            let downloads = downloadOptions.downloads()
            // Ctrl-C during a download ends no more than that.
            if downloads != nil { try InterruptSignals.install(endsAtOnce: true) }
            let procfs = ProcFS()
            let processes = try targets.processes(in: procfs)
            let objects = TracedObjects()
            let worker = workerOptions.worker(
                launcher, objects: objects, frameLimit: maxDepth, downloader: downloads?.downloader)
            // The worker starts while the mappings are read.
            let dumps = try processes.map { (process) throws(CommandFailure) in
                (DescribedProcess(process, in: procfs), try dump(process, procfs, worker, objects))
            }
            try workerOptions.start(worker)
            let reports = try dumps.map { (process, dump) throws(CommandFailure) in try report(process, dump, worker) }
            downloads?.finish()
            try requireThreads(in: reports)
            try write(reports.filter { !$0.threads.isEmpty })
        }
    }

    /// `nil` for all.
    private var threads: Set<ThreadID>? { thread.isEmpty ? nil : Set(thread.flatMap(\.threads)) }

    private func dump(
        _ process: ProcessID, _ procfs: ProcFS, _ worker: StackWorker, _ objects: TracedObjects
    ) throws(CommandFailure) -> StackDump {
        do {
            return try StackDump(
                of: process, procfs: procfs, worker: worker, objects: objects, interruptsSleeping: interruptSleeping,
                readsRuntimes: !runtimes.nativeOnly)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func report(
        _ process: DescribedProcess, _ dump: StackDump, _ worker: StackWorker
    ) throws(CommandFailure) -> DumpReport {
        let start = UTCTimestamp.now
        let read: [StackDump.ThreadStack]
        do {
            read = try dump.threads(threads, redactedVariables: localsOptions.redactedNames)
        } catch {
            throw CommandFailure("\(error)")
        }
        var report = DumpReport(
            process: process, start: start, threads: read, tasks: tasks ? self.read(dump, worker, process) : nil,
            worker: worker, hasInterrupted: interruptSleeping, keepsPythonOnly: runtimes.pythonOnly)
        if localsOptions.locals { report.missingLocals = MissingLocals.text(report.threads, in: dump) }
        if json, let missing = report.missingLocals { Console.warn(whose(process) + missing) }
        return report
    }

    private func whose(_ process: DescribedProcess) -> String { process.pid.map { "process \($0): " } ?? "" }

    private func read(_ dump: StackDump, _ worker: StackWorker, _ process: DescribedProcess) -> DumpTasks {
        let tasks = dump.tasks()
        let read = tasks.map { DumpTasks($0, worker: worker) } ?? .unread
        let whose = whose(process)
        if tasks?.mayMixTimes == true {
            Console.warn(
                "\(whose)threads ran while tasks were read, and CPython 3.13 and later doesn't show whether a task went on "
                    + "meanwhile: a chain can combine functions of different times; dump again to compare")
        }
        if json {
            for missing in read.missing { Console.warn("\(whose)not among its tasks: \(printable(missing))") }
        }
        return read
    }

    private func requireThreads(in reports: [DumpReport]) throws(CommandFailure) {
        let found = Set(reports.flatMap { $0.threads.map(\.tid) })
        guard let missing = thread.flatMap(\.threads).first(where: { !found.contains($0.rawValue) }) else { return }
        let whose = reports.count == 1 ? reports.first?.process.pid.map { "process \($0)" } : nil
        throw CommandFailure(
            "\(whose ?? "none of the processes") has \(whose == nil ? "a" : "no") thread \(missing); "
                + "without --thread all are shown, with their numbers")
    }

    private func write(_ dumps: [DumpReport]) throws(CommandFailure) {
        if json {
            try StandardStream.show(JSONText.of(dumps.map(\.document)))
        } else {
            let style = TextStyle(for: STDOUT_FILENO)
            let columns = Console.outputColumns
            let texts = dumps.map { DumpText(report: $0, style: style, columns: columns).text(each: each) }
            try StandardStream.show(texts.joined())
        }
        // A dump of several processes is a success when there is something to read.
        guard dumps.contains(where: \.hasStacks) else {
            throw CommandFailure(UnreadThreads.text(dumps.flatMap(\.losses)), exitCode: 1)
        }
    }
}
