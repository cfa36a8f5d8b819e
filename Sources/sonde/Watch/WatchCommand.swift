import ArgumentParser
import Glibc
import MemoryTrends
import ProcFS
import ProfileModel
import Sampling
import SystemSupport

/// `sonde watch`.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch processes for memory leaks: a live table, or CSV.",
        discussion: """
            Reads two small files of each process at every interval, and its mappings (smaps) when it has grown; nothing is \
            stopped. The verdict is about the memory that is the process's own: anonymous memory in RAM and in swap \
            without what it has freed lazily (MADV_FREE), page tables, and shared memory, files of memfd_create and huge \
            pages that no other process uses. It needs a full window of readings (300 intervals, or --window); before that, \
            growth is a warning at most. A longer watch evaluates longer windows too. TIME LEFT is the time until the \
            growth reaches the cgroup's limit, or the host's memory and swap, given what other processes use. Ctrl-C \
            ends the watch; the last table stays.

            LEAK is none, warning, suspected or confirmed, or says how much of the first window is over; in JSON that is \
            not_judged. OWN is what leaks fill. A narrow terminal shows fewer columns. Without a terminal, a line with \
            the time is written whenever a verdict changes, and the table at the end.

            EXAMPLES
              sonde watch -p 812
              sonde watch -n 'postgres*' -i 5 -o memory.csv
              sonde watch -p 812 -d 600 -f csv | sonde trend -
              sonde trend memory.csv -p 812
            """ + ExitStatusHelp.text())

    @OptionGroup var targets: TargetOptions

    @Option(name: [.short, .long], help: ArgumentHelp("Time between readings.", valueName: "time"))
    var interval = TimeSpan(seconds: 1)

    @Option(name: [.short, .long], help: ArgumentHelp("End after this time.", valueName: "time"))
    var duration: TimeSpan?

    @Option(help: ArgumentHelp("The shortest window that is evaluated: 90s, 15m, 1h …", valueName: "time"))
    var window: TimeSpan?

    @Option(name: [.short, .long], help: "Format of standard output: table or csv.")
    var format = Format.table

    @Flag(help: "Write the verdicts as JSON at the end, instead of a table.")
    var json = false

    @Option(name: [.short, .long], help: ArgumentHelp("Write CSV to this file too.", valueName: "file"))
    var output: String?

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case csv
    }

    func validate() throws {
        try targets.require()
        guard (0.05...86_400).contains(interval.seconds) else {
            throw ValidationError("--interval must be 50ms to 1d.")
        }
        let shortest = Double(LeakCriteria.fewestReadings) * interval.seconds
        if let window, window.seconds < shortest {
            throw ValidationError(
                "--window must have \(LeakCriteria.fewestReadings) readings for a verdict: use at least "
                    + "--window \(NumberText.decimal(shortest, digits: 1))s, or a shorter --interval.")
        }
        if let duration, duration.seconds > 1e9 { throw ValidationError("--duration must be at most 1e9 seconds.") }
        if json, format == .csv { throw ValidationError("--json and -f csv both write to standard output; use one.") }
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            try InterruptSignals.install(noticesResize: true)
            let start = UTCTimestamp.now
            let procfs = ProcFS()
            let windows = WatchWindows(shortest: window?.seconds ?? 300 * interval.seconds)
            var watched: [WatchedProcess] = []
            for process in try targets.processes(in: procfs, canBeTraced: true) {
                watched.append(try WatchedProcess(process, procfs, windows: windows.seconds, start: start))
            }
            var outlets = try WatchOutlets(json ? .json : format == .csv ? .csv : .table, file: output)
            try watch(watched, &outlets)
            // Below the table on a terminal, and in the JSON.
            let haveEnded = watched.allSatisfy(\.hasEnded)
            if haveEnded, json { Console.warn(Self.endedText) }
            try outlets.finish(watched)
            if haveEnded, !json { Console.warn(Self.endedText) }
        }
    }

    private static let endedText = "all watched processes have ended"

    private func watch(_ watched: [WatchedProcess], _ outlets: inout WatchOutlets) throws(CommandFailure) {
        let start = MonotonicTime.now
        var next = 0.0
        while true {
            let elapsed = Double(MonotonicTime.now.since(start)) / 1e9
            if elapsed >= next {
                for process in watched { process.read(at: elapsed) }
                try outlets.show(watched)
                next = ((elapsed / interval.seconds).rounded(.down) + 1) * interval.seconds
            }
            if watched.allSatisfy(\.hasEnded) { return }
            if let duration, elapsed >= duration.seconds { return }
            let wake = min(next, duration?.seconds ?? next)
            switch InterruptSignals.waitForEvent(nanoseconds: UInt64(max(0, wake - elapsed) * 1e9)) {
            case .endRequested: return
            case .resized: try outlets.repaint(watched)
            case nil: break
            }
        }
    }
}

/// The windows that are evaluated: the shortest, and longer ones up to three days.
struct WatchWindows {
    let seconds: [Double]

    init(shortest: Double) {
        seconds = [shortest] + LeakCriteria.standard.windows.filter { $0 > shortest * 2 }
    }
}
