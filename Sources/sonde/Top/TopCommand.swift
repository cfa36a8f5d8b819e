import ArgumentParser
import LiveView
import ProcFS
import ProfileModel
import Profiles
import Recording
import Sampling
import TargetProcess
import WorkerControl

/// `sonde top`.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show live what processes do: functions, threads, memory, a flame graph in the terminal.",
        discussion: """
            Samples as record does, until q is pressed; when the processes have ended, what they did stays. Functions show \
            their share of the samples of the last few intervals, and of all since the last reset: SELF in the function \
            itself, TOTAL with all that it calls. The memory line is that of watch. The line with the samples says how good \
            sampling is. Press ? for the keys: f flame graph, t threads, / filter, 1 to 5 sort, p pause, r reset.

            Colours are off where NO_COLOR is set. Without a terminal: sonde record -p PID -d 10 -f top.

            EXAMPLES
              sonde top -p 812
              sonde top -n 'redis*' --mode wall
              sonde top -p 812,813 --threads -i 5
            """
                + ExitStatusHelp.text(
                    [0: "quit, by a key or a signal", 1: "failed, or there is no terminal"], without: [141]))

    @OptionGroup var targets: TargetOptions

    @OptionGroup var workerOptions: WorkerOptions

    @Option(name: [.short, .long], help: ArgumentHelp("Time between updates, 100ms to 1h.", valueName: "time"))
    var interval = TimeSpan(seconds: 1)

    @OptionGroup var sampling: SamplingArguments

    @Option(help: "ptrace, perf or auto, as in record.")
    var sampler = SamplerChoice.auto

    @OptionGroup var runtimes: RuntimeOptions

    @Flag(name: [.short, .long], help: "Begin with the threads, and show each separately in the flame graph.")
    var threads = false

    func validate() throws {
        try targets.require()
        guard (0.1...3_600).contains(interval.seconds) else {
            throw ValidationError("--interval must be 100ms to 1h.")
        }
        try sampling.check(sampler)
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            if let refusal = TerminalScreen.refusal { throw CommandFailure("\(refusal)\n  \(TerminalScreen.remedy)") }
            let launcher = try workerOptions.launcher()
            TerminalSignals.block()
            try InterruptSignals.install()
            let procfs = ProcFS()
            let processes = try targets.processes(in: procfs, canBeTraced: sampler != .ptrace)
            let name = ProcessTitle.name(of: processes, procfs)
            let target = LiveTarget(
                title: ProcessTitle.text(name, processes, procfs), mode: sampling.mode, rate: sampling.rate)
            let request = request(processes, named: name)
            let events = try TopEvents()
            var session = TopSession(
                of: TopTargets(processes, procfs), followsChildren: sampling.subprocesses,
                model: LiveModel(target, view: threads ? .threads : .functions, size: TerminalScreen.size),
                events: events
            ) { (living) throws(CommandFailure) in
                let objects = TracedObjects()
                let worker = workerOptions.worker(launcher, objects: objects, frameLimit: Self.frameLimit)
                try workerOptions.start(worker)
                var request = request
                request.recording.processes = living
                return try TopFeed(request, procfs: procfs, worker: worker, objects: objects, events: events)
            }
            try session.run()
        }
    }

    private static let frameLimit = 512

    private func request(_ processes: [ProcessID], named name: String) -> TopFeed.Request {
        let options = SamplingOptions(
            mode: sampling.mode, rate: sampling.rate, frameLimit: Self.frameLimit,
            followsChildren: sampling.subprocesses, sampler: sampler.kind,
            readsRuntimes: !runtimes.nativeOnly)
        let isSingle = processes.count == 1 && !sampling.subprocesses
        return TopFeed.Request(
            recording: RecordingRequest(processes: processes, title: name, options: options, seconds: nil),
            grouping: threads ? .thread : isSingle ? .process : .processWithID, interval: interval.seconds,
            keepsPythonOnly: runtimes.pythonOnly)
    }
}
