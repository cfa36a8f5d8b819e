import ArgumentParser
import Glibc
import ProfileModel
import SystemSupport

/// `sonde heap`.
struct HeapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heap",
        abstract: "Show what fills a process's heap, by type and size, and what grows.",
        discussion: """
            Reads the heap of glibc's allocator (2.26 and later) while the process goes on; nothing is stopped. Objects of C++ \
            classes with virtual functions and of Swift classes are counted by class; other blocks by their size, and by whether \
            they begin with text, with an example. With --diff a second reading follows, and what grew is shown; Ctrl-C takes \
            it early.

            EXAMPLES
              sonde heap -p 812
              sonde heap -p 812 --diff 60
              sonde heap -n my-server --json | jq '.[0].groups[:5]'
            """ + ExitStatusHelp.text())

    @OptionGroup var targets: TargetOptions

    @OptionGroup var workerOptions: WorkerOptions

    @Option(help: ArgumentHelp("Read again after this time, and show what grew.", valueName: "time"))
    var diff: TimeSpan?

    @OptionGroup var tableOptions: BlockTableOptions

    func validate() throws {
        try targets.require()
        if let diff, diff.seconds > 1e6 { throw ValidationError("--diff must be at most 11d.") }
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            let heaps = try HeapSession(targets, workerOptions)
            try tableOptions.show(try heaps.each { (target) throws(CommandFailure) in try report(target) })
        }
    }

    private func report(_ target: HeapTarget) throws(CommandFailure) -> HeapReport {
        let (start, begin) = (UTCTimestamp.now, MonotonicTime.now)
        let first = try target.contents()
        guard let diff else { return HeapReport(target.process, start, first, growth: nil) }
        target.waitForSecondReading(seconds: diff.seconds)
        let second = try target.contents()
        let seconds = Double(MonotonicTime.now.since(begin)) / 1e9
        let growth = HeapGrowth(from: first.groups, to: second.groups, seconds: seconds)
        return HeapReport(target.process, start, second, growth: growth)
    }
}
