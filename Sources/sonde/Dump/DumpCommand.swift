import ArgumentParser
import Glibc
import ProcFS
import ProfileModel
import Sampling
import TargetProcess
import WorkerControl

/// `sonde dump`.
struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Print the current stack of every thread.",
        discussion: """
            A running thread is stopped for microseconds; a sleeping one is read without being stopped.

            EXAMPLES
              sonde dump -p 812
              sonde dump -n postgres --json | jq '.[].threads[].frames[0].name'
            """ + ExitStatusHelp.text)

    @OptionGroup var targets: TargetOptions

    @OptionGroup var workerOptions: WorkerOptions

    @Flag(help: "Write JSON.")
    var json = false

    @Flag(help: "Stop a sleeping thread once if its stack can't be unwound without all its registers.")
    var interruptSleeping = false

    @Option(help: ArgumentHelp("Maximum number of frames of a stack, 1 to 100000.", valueName: "frames"))
    var maxDepth = 512

    func validate() throws {
        guard !targets.isEmpty else { throw ValidationError("Name the target: -p PID or -n NAME.") }
        guard (1...100_000).contains(maxDepth) else { throw ValidationError("--max-depth must be 1 to 100000.") }
    }

    func run() throws {
        SamplingSession.blockChildSignal()
        try reportingFailure { () throws(CommandFailure) in
            let launcher = try workerOptions.launcher()
            let procfs = ProcFS()
            let processes = try targets.processes(in: procfs)
            let objects = TracedObjects()
            let worker = workerOptions.worker(launcher, objects: objects, frameLimit: maxDepth)
            // The worker starts while the mappings are read.
            let dumps = try processes.map { (process) throws(CommandFailure) in
                (process, try dump(process, procfs, worker, objects))
            }
            try workerOptions.start(worker)
            try write(
                try dumps.map { (process, dump) throws(CommandFailure) in try report(process, dump, worker) })
        }
    }

    private func dump(
        _ process: ProcessID, _ procfs: ProcFS, _ worker: StackWorker, _ objects: TracedObjects
    ) throws(CommandFailure) -> StackDump {
        do {
            return try StackDump(
                of: process, procfs: procfs, worker: worker, objects: objects, interruptsSleeping: interruptSleeping)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func report(
        _ process: ProcessID, _ dump: StackDump, _ worker: StackWorker
    ) throws(CommandFailure) -> DumpReport {
        do {
            return DumpReport(
                process: process, threads: try dump.threads(), worker: worker, hasInterrupted: interruptSleeping)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func write(_ dumps: [DumpReport]) throws(CommandFailure) {
        do {
            let text = json ? try DumpReport.json(dumps) : dumps.map { $0.text(TextStyle(for: STDOUT_FILENO)) }.joined()
            try StandardStream.output.write(Array(text.utf8))
        } catch {
            throw CommandFailure("\(error)")
        }
        // A dump of several processes is a success when there is something to read.
        guard dumps.contains(where: \.hasStacks) else {
            throw CommandFailure(UnreadThreads.text(dumps.flatMap(\.losses)), exitCode: 1)
        }
    }
}
