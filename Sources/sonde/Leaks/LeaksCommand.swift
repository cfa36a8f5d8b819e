import ArgumentParser
import Glibc
import ProcFS
import ProfileModel
import Sampling
import SystemSupport
import TargetProcess
import WorkerControl
import WorkerProtocol

/// `sonde leaks`.
struct LeaksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leaks",
        abstract: "Find heap blocks that nothing reaches any more.",
        discussion: """
            Reads the heap of glibc's allocator (2.26 and later) while the process goes on, and follows every pointer from \
            registers, stacks and all other memory that the process can write to. A block is a leak if no scan reached it, and \
            it was the same in all of them: at least two, with a pause between. Pointers into the middle of a block count; \
            pointers that are stored in another form (XOR, compressed) are not recognised. Only when blocks are left are \
            threads stopped, each once for microseconds, to read their registers.

            EXAMPLES
              sonde leaks -p 812
              sonde leaks -p 812 --seconds 10
              sonde leaks -n my-server --json | jq '.[0].groups[:5]'
            """ + ExitStatusHelp.text())

    @OptionGroup var targets: TargetOptions

    @OptionGroup var workerOptions: WorkerOptions

    @Option(help: ArgumentHelp("Pause between the first two scans.", valueName: "time"))
    var seconds = TimeSpan(seconds: 1)

    @OptionGroup var tableOptions: BlockTableOptions

    func validate() throws {
        try targets.require()
        if seconds.seconds > 1e6 { throw ValidationError("--seconds must be at most 11d.") }
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            let heaps = try HeapSession(targets, workerOptions)
            let reports = try heaps.each { (target) throws(CommandFailure) in
                try RepeatedScan(target, pause: seconds.seconds).report()
            }
            try tableOptions.show(reports)
        }
    }
}

/// Scans one process's heap until scans agree.
private struct RepeatedScan {
    private let target: HeapTarget
    private let pause: Double
    private let start = UTCTimestamp.now

    /// Scans before registers are read.
    private static let scanLimit = 5

    init(_ target: HeapTarget, pause: Double) {
        self.target = target
        self.pause = pause
    }

    func report() throws(CommandFailure) -> LeakReport {
        let begin = MonotonicTime.now
        var scan = try target.scan(expecting: 1)
        guard scan.hasBlocks else { return report(scan, since: begin, missing: nil) }
        try target.wait(seconds: pause)
        var previous: HeapScan
        repeat {
            previous = scan
            scan = try target.scan(expecting: scan.count + 1)
        } while scan.hasBlocks && !scan.agrees(with: previous) && scan.count < Self.scanLimit
        guard scan.hasBlocks else { return report(scan, since: begin, missing: nil) }
        // A block that only a register leads to is in no scan before.
        let registers = try target.registers()
        scan = try target.scan(expecting: scan.count + 1, registers: registers.values)
        return report(scan, since: begin, missing: registers.missing)
    }

    private func report(_ scan: HeapScan, since begin: MonotonicTime, missing: Int?) -> LeakReport {
        LeakReport(
            process: target.process, start: start, scan: scan,
            groups: scan.unreached.blocks > 0 ? target.unreachedBlocks() : BlockGroupList([]),
            seconds: Double(MonotonicTime.now.since(begin)) / 1e9, threadsWithoutRegisters: missing)
    }
}

extension HeapScan {
    /// Whether there may be leaks.
    fileprivate var hasBlocks: Bool { unreached.blocks + undecided.blocks > 0 }

    /// Whether it has found what the one before it has, for sure.
    fileprivate func agrees(with previous: HeapScan) -> Bool {
        unreached == previous.unreached && undecided.blocks == 0
    }
}
