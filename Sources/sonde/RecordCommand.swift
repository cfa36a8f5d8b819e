import ArgumentParser
import Glibc
import ProcFS
import ProfileFormats
import ProfileModel
import Profiles
import Sampling

extension SamplingMode: ExpressibleByArgument {}

/// `sonde record`.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Sample the stacks of running processes; write a flame graph.",
        discussion: """
            Samples until the duration is over, Ctrl-C is pressed, or the processes have ended, and writes what there \
            is. A second Ctrl-C leaves at once.

            EXAMPLES
              sonde record -p 812 -d 30
              sonde record -n 'redis*' --mode wall -o redis.svg
              sonde record -p 812 -d 10 -f folded -o - | sort -k2 -nr | head
              sonde record -o build.svg -s -- make -j4
              sonde record -p 812 -d 30 --mode off-cpu
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case svg
        case folded
    }

    @OptionGroup var targets: TargetOptions

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("How long to sample. (default: until Ctrl-C, or the end)", valueName: "seconds"))
    var duration: Double?

    @Option(name: [.short, .long], help: ArgumentHelp("Samples a second, 1 to 10000.", valueName: "hz"))
    var rate = 99

    @Option(
        help: """
            cpu: threads that run. wall: all threads; those asleep are read without being stopped. off-cpu: where \
            threads leave their CPUs, and for how long.
            """)
    var mode = SamplingMode.cpu

    @Option(
        help: """
            ptrace: stop a running thread for microseconds. perf: have the kernel copy its stack, with kernel \
            functions. auto: ptrace; perf for a process that is traced already, and when stops exceed the hold budget \
            or miss much of the CPU time.
            """)
    var sampler = SamplerChoice.auto

    @Option(
        help: ArgumentHelp(
            "The share of the time that stops may hold the target, before auto goes over to perf.",
            valueName: "percent"))
    var holdBudget = 0.5

    @Option(
        name: [.short, .long],
        help: "svg: flame graph. folded: one stack a line. (default: what the output's name ends in, else svg)")
    var format: Format?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Where to write; - is standard output. (default: NAME-PID-TIME.EXT)", valueName: "file"))
    var output: String?

    @Flag(
        help: """
            In wall mode, stop a sleeping thread once in each sleep when its stack can't be followed without all its \
            registers.
            """)
    var interruptSleeping = false

    @Flag(name: [.short, .long], help: "Keep threads apart.")
    var threads = false

    @Flag(name: [.short, .long], help: "Sample the processes' descendants too, also those that are started later.")
    var subprocesses = false

    @Option(help: ArgumentHelp("Frames after which a stack is truncated, 1 to 100000.", valueName: "frames"))
    var maxDepth = 512

    @Flag(help: "Write the summary as JSON to standard output, instead of text to standard error.")
    var json = false

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("A command to start and to sample until it ends.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        guard (1...10_000).contains(rate) else { throw ValidationError("The rate must be 1 to 10000 Hz, not \(rate).") }
        if let duration, !(duration > 0 && duration <= 31_536_000) {
            throw ValidationError("The duration must be above 0 and at most a year, in seconds.")
        }
        guard (1...100_000).contains(maxDepth) else { throw ValidationError("--max-depth must be 1 to 100000.") }
        guard !targets.isEmpty || !command.isEmpty else {
            throw ValidationError("Name what to sample: -p PID, -n NAME, or a command behind a separate --.")
        }
        guard targets.isEmpty || command.isEmpty else {
            throw ValidationError("Name processes (-p, -n) or a command, not both.")
        }
        guard (0...100).contains(holdBudget) else { throw ValidationError("--hold-budget must be 0 to 100 percent.") }
        if mode == .offCPU, sampler == .ptrace {
            throw ValidationError("--mode off-cpu needs --sampler perf: the kernel tells who leaves a CPU.")
        }
        if interruptSleeping, mode != .wall {
            throw ValidationError("--interrupt-sleeping needs --mode wall: the other modes sample no sleeping threads.")
        }
        if json, output == "-" { throw ValidationError("--json and -o - both write to standard output; name a file.") }
        if output?.isEmpty == true { throw ValidationError("-o needs a file name, or - for standard output.") }
    }

    func run() throws {
        InterruptSignals.hold()
        try reportingFailure { () throws(CommandFailure) in
            if command.isEmpty { try recordTargets() } else { try recordCommand() }
        }
    }

    private func recordTargets() throws(CommandFailure) {
        let procfs = ProcFS()
        let processes = try targets.processes(in: procfs, canBeTraced: sampler != .ptrace)
        try record(processes, named: ProcessTitle.name(of: processes, procfs), procfs)
    }

    private func recordCommand() throws(CommandFailure) {
        let launched = try LaunchedCommand(command)
        let name = ProcessTitle.baseName(command[0])
        try record([launched.process], named: name, ProcFS()) { () throws(CommandFailure) in
            launched.release()
            if let failure = launched.executionFailure(of: command[0]) { throw failure }
        }
        switch launched.exitStatus() {
        case 0: break
        case .some(let status): Console.warn("\(name) exited with status \(status)")
        case nil: Console.say("\(name) (PID \(launched.process)) goes on running.")
        }
    }

    private func record(
        _ processes: [ProcessID], named name: String, _ procfs: ProcFS,
        whenStarted: () throws(CommandFailure) -> Void = {}
    ) throws(CommandFailure) {
        let destination = try destination(named: name, processes)
        let title = ProcessTitle.text(name, processes)
        let options = SamplingOptions(
            mode: mode, rate: rate, frameLimit: maxDepth, followsChildren: subprocesses, sampler: sampler.kind,
            holdBudget: holdBudget / 100, interruptsSleeping: interruptSleeping)
        let request = Recording.Request(processes: processes, title: name, options: options, seconds: duration)
        let recording = try Recording(request, procfs: procfs, whenStarted: whenStarted)
        try RecordingCheck(recording: recording, mode: mode).requireSamples(of: processes, procfs)
        let summary = RecordingSummary(recording: recording, title: title)
        if !json { Console.say(summary.text) }
        if let warning = summary.warning { Console.warn(warning) }
        let path = try destination.write(rendered(recording.profile), quietly: json)
        if json { try StandardStream.show(summary.json(path: path)) }
    }

    private func destination(named name: String, _ processes: [ProcessID]) throws(CommandFailure) -> Destination {
        let fileName = ProcessTitle.fileName(name, processes, extension: chosenFormat.rawValue)
        if output == "-" { return try Destination(standardOutputFor: fileName) }
        return try Destination(path: output ?? fileName)
    }

    private var chosenFormat: Format {
        format ?? Format.allCases.first { output?.hasSuffix("." + $0.rawValue) == true } ?? .svg
    }

    private func rendered(_ profile: Profile) -> [UInt8] {
        let isSingle = profile.metadata.processes.count == 1 && !subprocesses
        let grouping: Grouping = threads ? .thread : isSingle ? .process : .processWithID
        switch chosenFormat {
        case .svg: return Array(FlameGraph(profile, options: FlameGraph.Options(grouping: grouping)).svg.utf8)
        case .folded: return Array(FoldedStacks(profile, grouping: grouping).text.utf8)
        }
    }
}
