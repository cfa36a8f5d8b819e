import ArgumentParser
import Glibc
import ProcFS
import ProfileFormats
import ProfileModel
import Profiles
import Recording
import Sampling
import SystemSupport
import TargetProcess
import WorkerControl

/// `sonde record`.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Sample the stacks of running processes; write a flame graph.",
        discussion: """
            Samples until the duration is over, Ctrl-C is pressed or the processes end, then writes the result. A second \
            Ctrl-C exits at once; while debug information is fetched, it ends only that.

            With a command, signals are passed on to it, and Sonde ends when it ends, with its exit status (128 + N when \
            signal N killed it).

            EXAMPLES
              sonde record -p 812 -d 30
              sonde record -n 'redis*' --mode wall -o redis.svg
              sonde record -p 812 -d 10 -f top
              sonde record -p 812 -d 10 -f folded -o - | awk '{print $NF, $0}' | sort -nr
              sonde record -o build.svg -s -- make -j4
              sonde record --match 'python3 .*manage.py' -d 1m30s --mode off-cpu
              sonde record -p 812 -d 30 -o redis.pb.gz
              sonde record -p 812 -d 30 --mode wall --tasks
            """ + DownloadOptions.help
                + ExitStatusHelp.text([126: "the command can't be run", 127: "there is no such command"]))

    @OptionGroup var targets: TargetOptions

    @OptionGroup var workerOptions: WorkerOptions

    @OptionGroup var downloadOptions: DownloadOptions

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "How long to sample: 10s, 15m, 1h30m, or seconds. (default: until Ctrl-C or the end of the processes)",
            valueName: "time"))
    var duration: TimeSpan?

    @OptionGroup var sampling: SamplingArguments

    @Option(
        help: """
            ptrace: stop a running thread for microseconds. perf: the kernel copies its stack, without a stop and with \
            kernel functions. auto: ptrace; perf when the process is traced already, when threads of the kernel's own \
            run in it, when there are too few descriptors for its threads, when all CPUs of the host are busy and polling \
            its threads would take CPU time from others, or when stops exceed the stop budget or cover too little of the \
            CPU time.
            """)
    var sampler = SamplerChoice.auto

    @Option(
        help: ArgumentHelp(
            """
            Share of the time for which threads may be stopped before auto switches to perf; while all CPUs of the host \
            are busy, also the share of their time that stopping and polling threads may take.
            """,
            valueName: "percent"))
    var stopBudget = 0.5

    @Option(
        name: [.short, .long],
        help: """
            svg: flame graph. html: page with flame graphs, callers and callees, a table and a heat map over time. folded: \
            one stack per line. pprof: for go tool pprof and others. speedscope: for speedscope.app. perf: text as perf \
            script prints it. json: everything that was recorded. top: the hottest functions. (default: by the output's \
            ending: .svg, .html, .folded, .pb.gz, .speedscope.json, .perf, .json; else svg)
            """)
    var format: ProfileFormat?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Output file; - is standard output. (default: NAME-PID-TIMESTAMP.EXT; standard output for top)",
            valueName: "file"))
    var output: String?

    @Flag(
        help: """
            In wall mode, stop a sleeping thread once per sleep if its stack can't be unwound without all its registers.
            """)
    var interruptSleeping = false

    @OptionGroup var runtimes: RuntimeOptions

    @Flag(help: "Keep only samples of threads that hold Python's global interpreter lock (GIL).")
    var gil = false

    @Flag(
        help: """
            With --mode wall, sample the tasks of Python's asyncio and trio, and greenlets, in place of threads: what awaits \
            what, and for how long.
            """)
    var tasks = false

    @OptionGroup var picture: PictureOptions

    @Option(help: ArgumentHelp("Maximum number of frames of a stack, 1 to 100000.", valueName: "frames"))
    var maxDepth = 512

    @Flag(help: "Under sudo, run the command as root, not as the user who called sudo.")
    var keepPrivileges = false

    @Flag(name: [.short, .long], help: "Show all figures of how sampling went.")
    var verbose = false

    @Flag(help: "Write the summary as JSON to standard output, instead of text to standard error.")
    var json = false

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("A command to start and sample until it ends.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        if let duration, duration.seconds > 31_536_000 {
            throw ValidationError("The duration must be at most a year.")
        }
        guard (1...100_000).contains(maxDepth) else { throw ValidationError("--max-depth must be 1 to 100000.") }
        guard !targets.isEmpty || !command.isEmpty else {
            throw ValidationError("Name the target: -p PID, -n NAME or --match REGEX, or give a command after --.")
        }
        guard targets.isEmpty || command.isEmpty else {
            throw ValidationError("Name processes (-p, -n, --match) or a command, not both.")
        }
        guard (0...100).contains(stopBudget) else { throw ValidationError("--stop-budget must be 0 to 100 percent.") }
        try sampling.check(sampler)
        if interruptSleeping, sampling.mode != .wall {
            throw ValidationError("--interrupt-sleeping needs --mode wall: the other modes sample no sleeping threads.")
        }
        if keepPrivileges, command.isEmpty { throw ValidationError("--keep-privileges needs a command after --.") }
        if json, writesToStandardOutput {
            throw ValidationError("--json and the result would both be on standard output; name a file with -o FILE.")
        }
        if picture.noIdle, sampling.mode == .cpu {
            throw ValidationError("--no-idle needs --mode wall or off-cpu: threads that sleep use no CPU time.")
        }
        try checkTasks()
        try picture.check(for: chosenFormat)
        if output?.isEmpty == true { throw ValidationError("-o needs a file name, or - for standard output.") }
        if format == nil { try OutputEnding.check(output) }
        if writesToStandardOutput, chosenFormat.isPicture, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("A picture is not for a terminal: name a file with -o FILE, or use -f folded.")
        }
    }

    func run() throws {
        var status: Int32 = 0
        try reportingFailure { () throws(CommandFailure) in
            let helpers = Helpers(
                launcher: try workerOptions.launcher(hasDebugServers: DownloadOptions.areServersNamed),
                downloads: downloadOptions.downloads())
            try InterruptSignals.install(startsProgram: !command.isEmpty)
            if command.isEmpty { try recordTargets(helpers) } else { status = try recordCommand(helpers) }
        }
        if status != 0 { throw ExitCode(status) }
    }

    /// Those without privileges, which start before there is a second thread.
    private struct Helpers {
        let launcher: WorkerTemplate
        let downloads: ConsoleDownloads?
    }

    private func recordTargets(_ helpers: Helpers) throws(CommandFailure) {
        let procfs = ProcFS()
        let processes = try targets.processes(in: procfs, canBeTraced: sampler != .ptrace)
        try record(processes, named: ProcessTitle.name(of: processes, procfs), procfs, helpers)
    }

    /// Returns the command's exit status.
    private func recordCommand(_ helpers: Helpers) throws(CommandFailure) -> Int32 {
        let launched = try LaunchedCommand(command, as: keepPrivileges ? .sonde : .invokingUser)
        InterruptSignals.pass(to: launched.process)
        let name = ProcessTitle.baseName(command[0])
        var hasBegun = false
        var failure: CommandFailure?
        do {
            try record([launched.process], named: name, ProcFS(), helpers) { () throws(CommandFailure) in
                launched.release()
                if let failure = launched.executionFailure(of: command[0]) { throw failure }
                hasBegun = true
            }
        } catch {
            guard hasBegun else { throw error }
            failure = error
        }
        failure?.report()
        let status = exitStatus(of: launched, name)
        return failure.map { status == 0 ? $0.exitCode : status } ?? status
    }

    /// Waits for the command, which may go on when sampling has ended.
    private func exitStatus(of launched: borrowing LaunchedCommand, _ name: String) -> Int32 {
        var status = launched.exitStatus()
        if status == nil {
            Console.say("\(name) (PID \(launched.process)) goes on; Sonde ends with it.")
            status = launched.waitForExitStatus()
        }
        guard let status, status != 0 else { return 0 }
        Console.warn("\(name) \(LaunchedCommand.endText(ofStatus: status))")
        return status
    }

    private func record(
        _ processes: [ProcessID], named name: String, _ procfs: ProcFS, _ helpers: Helpers,
        whenStarted: () throws(CommandFailure) -> Void = {}
    ) throws(CommandFailure) {
        let destination = try destination(named: name, processes)
        let title = ProcessTitle.text(name, processes, procfs)
        let names = command.isEmpty ? ProcessTitle.names(of: processes, procfs) : name
        let options = SamplingOptions(
            mode: sampling.mode, rate: sampling.rate, frameLimit: maxDepth,
            followsChildren: sampling.subprocesses, sampler: sampler.kind,
            stopBudget: stopBudget / 100, interruptsSleeping: interruptSleeping,
            readsRuntimes: !runtimes.nativeOnly, keepsLockHoldersOnly: gil)
        let request = RecordingRequest(
            processes: processes, title: names, options: options, seconds: duration?.seconds)
        let objects = TracedObjects()
        let worker = workerOptions.worker(
            helpers.launcher, objects: objects, frameLimit: maxDepth, downloader: helpers.downloads?.downloader)
        let setup = RecordingSetup(
            request: request, title: title, described: processes.map { DescribedProcess($0, in: procfs) },
            procfs: procfs, worker: worker, objects: objects)
        try workerOptions.start(worker)
        let result = try tasks ? recordTasks(setup, whenStarted) : recordThreads(setup, whenStarted)
        guard let result else {
            return Console.warn("\(name) ended before a sample was taken; nothing is written")
        }
        helpers.downloads?.finish()
        let path = try destination.write(try rendered(result.profile), quietly: json)
        if json { try StandardStream.show(result.json(path)) }
    }

    /// `nil` where a command ended before there was a sample.
    private func recordThreads(
        _ setup: RecordingSetup, _ whenStarted: () throws(CommandFailure) -> Void
    ) throws(CommandFailure) -> RecordingResult? {
        let (request, procfs) = (setup.request, setup.procfs)
        let sharesFiles = HostFiles.areShared(with: request.processes, procfs)
        let active = try ActiveRecording.begin(
            request, procfs: procfs, worker: setup.worker, objects: setup.objects)
        do {
            try whenStarted()
        } catch {
            active.cancel()
            throw error
        }
        let recording = active.finishOnConsole(seconds: request.seconds)
        if !command.isEmpty, recording.profile.isEmpty, case .targetsEnded = recording.end { return nil }
        try RecordingCheck(recording: recording, mode: sampling.mode).requireSamples(of: request.processes, procfs)
        let profile = reduced(recording.profile)
        let summary = RecordingSummary(
            recording: recording, title: setup.title,
            shown: picture.noIdle ? profile.withoutIdleWaits() : profile, procfs: procfs, sharesFiles: sharesFiles)
        if !json { summary.show(withFunctions: chosenFormat != .top, isVerbose: verbose) }
        for warning in summary.warnings { Console.warn(warning) }
        return RecordingResult(profile: profile) { (path) throws(CommandFailure) in
            try summary.json(path: path, processes: setup.described)
        }
    }

    /// The profile with the frames that are asked for.
    ///
    /// Idle waits are known by native frames, which must not be dropped before.
    private func reduced(_ profile: Profile) -> Profile {
        let known = runtimes.pythonOnly && picture.noIdle ? profile.withoutIdleWaits() : profile
        return known.reduced(toPython: runtimes.pythonOnly, foldingImports: picture.foldImports)
    }

    private func destination(named name: String, _ processes: [ProcessID]) throws(CommandFailure) -> Destination {
        let fileName = ProcessTitle.fileName(name, processes, extension: chosenFormat.fileEnding)
        if writesToStandardOutput { return try Destination(standardOutputFor: fileName) }
        return try Destination(path: output ?? fileName)
    }

    var chosenFormat: ProfileFormat { format ?? output.flatMap { ProfileFormat(fileName: $0) } ?? .svg }

    private var writesToStandardOutput: Bool { output == "-" || output == nil && chosenFormat == .top }

    private func rendered(_ profile: Profile) throws(CommandFailure) -> [UInt8] {
        let style = picture.style(columns: Console.outputColumns ?? .max)
        do {
            return try ProfileRendering(chosenFormat, style).bytes(of: profile)
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
