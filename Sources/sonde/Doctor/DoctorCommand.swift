import ArgumentParser
import Glibc
import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess

/// `sonde doctor`: what works here, what doesn't, and what to do about it.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check what works here, what doesn't, and what to do about it.",
        discussion: """
            Checks the host, and with -p everything that could prevent attaching to a process. It only reads files and \
            touches no process: what it reports about attaching is inferred from the kernel's rules.
            """ + ExitStatusHelp.text([1: "failed, or a check failed"]))

    @Option(
        name: [.short, .long], help: ArgumentHelp("Processes to check: 812 or 812,901; repeatable.", valueName: "pid"))
    var pid: [ProcessList] = []

    @Flag(help: "Write JSON.")
    var json = false

    @Argument(help: .hidden) var stray: String?

    func validate() throws {
        if let stray { throw StrayArgument(stray).error(beside: pid, hasNames: false) }
        try ProcessList.validate(pid)
    }

    func run() throws {
        let start = UTCTimestamp.now
        let objects = TracedObjects()
        let worker = WorkerCheck(WorkerOptions.confinedLauncher(), objects: objects)
        let procfs = ProcFS()
        let report = DoctorReport(
            host: HostChecks(procfs: procfs).all() + [worker.check],
            processes: pid.flatMap(\.processes).map { process in
                TargetChecks(
                    process, procfs: procfs, worker: worker.worker, objects: objects
                ).section()
            })
        try reportingFailure { () throws(CommandFailure) in
            try StandardStream.show(
                json ? JSONText.of(report.document(start: start)) : report.text(style: TextStyle(for: STDOUT_FILENO)))
        }
        guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
    }
}
