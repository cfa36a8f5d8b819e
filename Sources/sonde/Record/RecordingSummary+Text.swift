import Glibc
import ProfileFormats
import ProfileModel
import Profiles
import Recording
import Sampling
import SystemSupport

/// How a recording ends on the terminal: the hottest functions, how good it is, and what it cost.
extension RecordingSummary {
    /// How many functions are shown, and are in the JSON.
    static let functionLimit = 10

    /// - Parameters:
    ///   - withFunctions: Whether the hottest functions are shown; not where they are the result itself.
    ///   - isVerbose: Whether all figures are.
    func show(withFunctions: Bool, isVerbose: Bool) {
        let seconds = NumberText.decimal(Double(times[.elapsed]) / 1e9, digits: 1)
        Console.say(Console.styled("Recorded \(title) for \(seconds) s\(recording.end.text).", .bold))
        if withFunctions {
            let table = TopTable(shownProfile, limit: Self.functionLimit)
            Console.say("\n" + table.text(columns: Console.lineColumns ?? .max))
        }
        Console.explain("Quality: \(qualityText)")
        Console.explain("Cost: \(costOverview)")
        if isVerbose { for row in rows { Console.say(Self.line(row.label, row.text)) } }
    }

    /// A row of the verbose summary; further lines of its text are below the first.
    static func line(_ label: String, _ text: String) -> String {
        let width = 13
        let head = Console.styled("  " + label + String(repeating: " ", count: max(0, width - 3 - label.count)), .dim)
        guard let columns = Console.lineColumns, columns > 2 * width else { return "\(head) \(text)" }
        let lines = WrappedText.lines(of: text, columns: columns - width, clipsWords: false)
        return "\(head) " + lines.joined(separator: "\n" + String(repeating: " ", count: width))
    }

    private var qualityText: String {
        let samples = NumberText.count(counts.samples, "sample")
        let threads = NumberText.count(events[.thread], "thread")
        let unnamed = naming.unnamedShare
        let losses = ledger.losses
        return [
            "\(samples) of \(threads)\(coverageOverview)", offCPUText,
            truncatedShare == 0
                ? "no stack truncated" : "\(NumberText.percent(truncatedShare)) of the stacks truncated",
            unnamed == 0 ? "all frames named" : "\(NumberText.percent(unnamed)) of the frames without a name",
            interpreted.quality, recording.options.mode == .wall ? interpreted.lock.map { "GIL \($0)" } : nil,
            losses.isEmpty
                ? "no sample lost" : "\(NumberText.count(losses.total, "sample")) lost: \(LossText(losses).words)",
        ].compactMap { $0 }.joined(separator: "; ")
    }

    /// The part of the CPU time that samples stand for, in CPU mode; chance makes it a little more than all at times.
    private var coverageOverview: String {
        guard recording.options.mode == .cpu, times[.processor] > 0 else { return "" }
        guard times[.covered] < times[.processor] || ledger.coverageDeviation != nil else {
            return ", for all of the CPU time"
        }
        return ", for \(coveredShare) of the CPU time"
    }

    var coveredShare: String { NumberText.percent(Double(times[.covered]) / Double(max(1, times[.processor]))) }

    var truncatedShare: Double { counts.samples == 0 ? 0 : Double(counts.truncatedSamples) / Double(counts.samples) }

    private var costOverview: String {
        let stops = ledger.stopDurations.percentile(0.5).map { median in
            "stops of \(NumberText.duration(nanoseconds: median)) (median), \(NumberText.percent(ledger.stoppedShare)) of the time"
        }
        let share = times[.elapsed] == 0 ? 0 : Double(recording.ownNanoseconds) / Double(times[.elapsed])
        return "\(sampler.text); \(stops ?? "no thread was stopped"); Sonde used \(NumberText.percent(share)) of a CPU"
    }
}

extension Recording.End {
    /// Behind the duration.
    var text: String {
        switch self {
        case .durationReached: ""
        case .interrupted: ", until interrupted"
        case .targetsEnded: ", until it ended"
        case .continued: ", and goes on"
        }
    }
}
