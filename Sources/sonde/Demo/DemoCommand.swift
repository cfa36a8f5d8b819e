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

/// `sonde demo`.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Start a small server that is slow and leaks, record it, and explain the result.",
        discussion: "Writes sonde-demo.svg and sonde-demo.folded into the working directory."
            + ExitStatusHelp.text())

    @Option(name: [.short, .long], help: ArgumentHelp("Duration of each of the two recordings.", valueName: "time"))
    var duration = TimeSpan(seconds: 6)

    @OptionGroup var workerOptions: WorkerOptions

    func validate() throws {
        guard duration.seconds <= 600 else { throw ValidationError("The duration must be at most 10m.") }
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            let launcher = try workerOptions.launcher()
            try InterruptSignals.install()
            try demonstrate(launcher)
        }
    }

    private func demonstrate(_ launcher: WorkerTemplate) throws(CommandFailure) {
        let graph = try Destination(path: "sonde-demo.svg")
        let folded = try Destination(path: "sonde-demo.folded")
        let procfs = ProcFS()
        let server = try DemoServer(lifetime: Int(duration.seconds * 2) + 60)
        try server.start()
        Console.say(
            "Started a demo server (PID \(server.process)) with a hot function, a slow call and a memory leak.\n")

        let running = try record(server, .cpu, procfs, launcher)
        let svg: String
        do { svg = try FlameGraph(running.profile, grouping: .process).svg } catch { throw CommandFailure("\(error)") }
        try graph.write(Array(svg.utf8))
        try folded.write(Array(FoldedStacks(running.profile, grouping: .process).text.utf8))
        let before = server.residentBytes(procfs)
        let started = MonotonicTime.now
        let waiting = try record(server, .wall, procfs, launcher)
        let seconds = Double(MonotonicTime.now.since(started)) / 1e9
        let grown = ResidentGrowth(before: before, after: server.residentBytes(procfs), seconds: seconds)
        try StandardStream.show(DemoReport(running: running.profile, waiting: waiting.profile, growth: grown).text)
    }

    private func record(
        _ server: borrowing DemoServer, _ mode: SamplingMode, _ procfs: ProcFS, _ launcher: WorkerTemplate
    ) throws(CommandFailure) -> Recording {
        let options = SamplingOptions(mode: mode)
        let request = RecordingRequest(
            processes: [server.process], title: "sonde-demo-server", options: options, seconds: duration.seconds)
        let objects = TracedObjects()
        let worker = workerOptions.worker(launcher, objects: objects, frameLimit: options.frameLimit)
        try workerOptions.start(worker)
        let active = try ActiveRecording.begin(request, procfs: procfs, worker: worker, objects: objects)
        let recording = active.finishOnConsole(seconds: duration.seconds)
        let title = "sonde-demo-server, \(mode) mode"
        RecordingSummary(
            recording: recording, title: title, shown: recording.profile, procfs: procfs, sharesFiles: true
        )
        .show(withFunctions: false, isVerbose: false)
        try RecordingCheck(recording: recording, mode: mode).requireSamples(of: [server.process], procfs)
        if case .interrupted = recording.end { throw CommandFailure("interrupted", exitCode: 130) }
        return recording
    }
}

/// The bundled server that `sonde demo` records; it ends with its owner.
private struct DemoServer: ~Copyable {
    private let command: LaunchedCommand
    private let path: String

    var process: ProcessID { command.process }

    /// Finds the server beside Sonde's own binary, and forks.
    init(lifetime: Int) throws(CommandFailure) {
        let path = try InstalledPrograms.directory() + "/sonde-demo-server"
        guard unsafe access(path, X_OK) == 0 else {
            throw CommandFailure("\(path) is missing; build it with tools/sonde, or install it beside sonde")
        }
        let command = try LaunchedCommand([path, String(lifetime)], as: .sonde)
        self.path = path
        self.command = command
    }

    func start() throws(CommandFailure) {
        command.release()
        if let failure = command.executionFailure(of: path) { throw failure }
    }

    /// The memory that it has in RAM now; `nil` when that can't be read.
    func residentBytes(_ procfs: ProcFS) -> UInt64? {
        guard let directory = try? procfs.process(process), let pages = try? directory.statm().residentPages else {
            return nil
        }
        return pages * pageBytes
    }

    deinit {
        kill(process.rawValue, SIGTERM)
        _ = waitpid(process.rawValue, nil, 0)
    }
}
