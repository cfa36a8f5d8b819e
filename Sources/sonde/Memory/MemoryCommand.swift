import ArgumentParser
import Glibc
import HostWatch
import ProcFS
import ProfileModel
import Sampling
import SystemSupport
import TargetProcess

/// `sonde memory`.
struct MemoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Show where a process's memory is, and what grows.",
        discussion: """
            Shows memory by kind and the largest regions. BEYOND RSS is in RAM, and in no resident size: page tables, pages \
            of hugetlbfs, and files of memfd_create or unlinked ones of a tmpfs that are held by a descriptor. RESIDENT counts \
            a page for each mapping, as the kernel does, PROPORTIONAL once. With --duration a second reading follows, and what grew \
            between the two is shown first; Ctrl-C takes the second reading early. Nothing is stopped; the kernel \
            walks the page tables, about ten milliseconds per GiB.

            EXAMPLES
              sonde memory -p 812
              sonde memory -p 812 -d 60
              sonde memory -n redis-server --json | jq '.[0].kinds'
            """ + ExitStatusHelp.text())

    @OptionGroup var targets: TargetOptions

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Read again after this time, and show what grew.", valueName: "time"))
    var duration: TimeSpan?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Rows of each table to show, 0 for all.", valueName: "rows"))
    var limit = RowLimit(15)

    @Flag(help: "Write JSON: all regions, in bytes.")
    var json = false

    func validate() throws {
        try targets.require()
        if let duration, duration.seconds > 1e6 { throw ValidationError("--duration must be at most 11d.") }
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            try InterruptSignals.install()
            let procfs = ProcFS()
            var watched: [WatchedMemory] = []
            for process in try targets.processes(in: procfs, canBeTraced: true) {
                watched.append(try WatchedMemory(process, procfs))
            }
            if let duration { readAgain(watched, after: duration.seconds) }
            try write(watched.map(\.report))
        }
    }

    private func readAgain(_ watched: [WatchedMemory], after seconds: Double) {
        var progress = ProgressLine(seconds: seconds)
        let start = MonotonicTime.now
        while true {
            let elapsed = Double(MonotonicTime.now.since(start)) / 1e9
            guard elapsed < seconds else { break }
            progress.show(elapsed: elapsed, note: "Ctrl-C reads now")
            if InterruptSignals.wait(nanoseconds: UInt64(min(seconds - elapsed, 0.5) * 1e9)) { break }
        }
        progress.clear()
        for memory in watched { memory.readAgain() }
    }

    private func write(_ reports: [MemoryReport]) throws(CommandFailure) {
        let style = TextStyle(for: STDOUT_FILENO)
        try StandardStream.show(
            json
                ? JSONText.of(reports.map(\.document))
                : reports.map { $0.text(style, limit: limit.rows) }.joined(separator: "\n"))
    }
}

/// A process whose memory is read once or twice.
private final class WatchedMemory {
    private let process: ProcessID
    private let described: DescribedProcess
    /// When the first reading was made.
    private let start = UTCTimestamp.now
    private let limit: MemoryLimit?
    private var look: MemoryReading
    private let first: (breakdown: MemoryBreakdown, time: MonotonicTime)
    private var second: (breakdown: MemoryBreakdown, time: MonotonicTime)?

    init(_ process: ProcessID, _ procfs: ProcFS) throws(CommandFailure) {
        self.process = process
        described = DescribedProcess(process, in: procfs)
        // An unknown limit is not shown.
        limit = try? MemoryLimit.read(of: procfs.process(process), in: procfs).limit
        do {
            var look = try MemoryReading(at: process, in: procfs)
            first = (try look.breakdown(), MonotonicTime.now)
            self.look = look
        } catch {
            throw CommandFailure("can't read the memory of process \(process): \(error)")
        }
    }

    /// The first reading stays when the process has ended.
    func readAgain() {
        do {
            second = (try look.breakdown(), MonotonicTime.now)
        } catch {
            Console.warn("no second reading of process \(process): \(error)")
        }
    }

    var report: MemoryReport {
        MemoryReport(
            process: described, start: start, now: second?.breakdown ?? first.breakdown,
            growth: second.map {
                (MemoryGrowth(from: first.breakdown, to: $0.breakdown), Double($0.time.since(first.time)) / 1e9)
            }, limit: limit)
    }
}
