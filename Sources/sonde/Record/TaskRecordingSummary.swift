import ProfileFormats
import ProfileModel
import Profiles
import Recording
import Sampling
import SystemSupport

/// The summary of a recording of tasks: samples, losses, and what sampling cost.
struct TaskRecordingSummary {
    let result: TaskRecording.Result
    let setup: RecordingSetup

    private var sampling: TaskSampling { result.sampling }

    /// - Parameters:
    ///   - withFunctions: Whether the functions that most time is waited in are shown.
    ///   - isVerbose: Whether all figures are.
    func show(withFunctions: Bool, isVerbose: Bool) {
        let seconds = NumberText.decimal(Double(sampling.elapsed) / 1e9, digits: 1)
        let title = "Recorded the tasks of \(setup.title) for \(seconds) s\(result.end.text)."
        Console.say(Console.styled(title, .bold))
        if withFunctions {
            let table = TopTable(result.profile, limit: RecordingSummary.functionLimit)
            Console.say("\n" + table.text(columns: Console.lineColumns ?? .max))
        }
        Console.explain("Quality: \(qualityText)")
        Console.explain("Cost: \(costText)")
        guard isVerbose else { return }
        for row in rows { Console.say(RecordingSummary.line(row.label, row.text)) }
    }

    private var qualityText: String {
        let losses =
            sampling.tooManyStacks == 0
            ? "no sample lost"
            : "\(NumberText.count(sampling.tooManyStacks, "sample")) lost, because there were too many distinct stacks"
        return [
            "\(NumberText.count(sampling.samples, "sample")) of at most \(NumberText.count(sampling.mostTasks, "task")) "
                + "at a time",
            unknownShare == 0
                ? "all chains known" : "\(NumberText.percent(unknownShare)) of the chains not known as a whole",
            losses,
        ].joined(separator: "; ")
    }

    private var unknownShare: Double {
        sampling.samples == 0 ? 0 : Double(sampling.unknown.values.reduce(0, +)) / Double(sampling.samples)
    }

    private var costText: String {
        let elapsed = Double(max(1, sampling.elapsed))
        let each = sampling.readings == 0 ? 0 : sampling.readingTime / sampling.readings
        return "no thread was stopped; reading took \(NumberText.duration(nanoseconds: each)) each time, "
            + "\(NumberText.percent(Double(sampling.readingTime) / elapsed)) of the time; Sonde used "
            + "\(NumberText.percent(Double(result.ownNanoseconds) / elapsed)) of a CPU beside it"
    }

    private var rows: [(label: String, text: String)] {
        let unknown = sampling.unknown.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\(NumberText.grouped($0.value)) \($0.key)" }.joined(separator: ", ")
        return [
            (
                "readings",
                "\(NumberText.grouped(sampling.readings)), \(NumberText.grouped(sampling.failedReadings)) failed"
            ),
            (
                "ticks",
                "\(NumberText.grouped(sampling.ticks)), \(NumberText.grouped(sampling.representedTicks)) represented by the next, "
                    + "\(NumberText.grouped(sampling.lateTicks)) late, \(NumberText.grouped(sampling.missedTicks)) missed"
            ),
            ("stacks", NumberText.count(result.distinctStacks, "distinct stack")),
            ("not known", unknown.isEmpty ? "0 samples" : unknown),
        ]
    }

    // MARK: - What is wrong

    /// The share of the readings, or of the samples, 0 to 1, from which on something is wrong.
    private static let leastShare = 0.05

    /// The gravest first.
    var warnings: [String] {
        let missing = sampling.missing.sorted().map { "not among the tasks: \(printable($0))" }
        return missing + [failureWarning, mixtureWarning, paceWarning].compactMap(\.self)
    }

    private var failureWarning: String? {
        guard sampling.failedReadings > 0 else { return nil }
        return
            "\(NumberText.count(sampling.failedReadings, "reading")) failed: the worker that reads tasks crashed or took "
            + "too long"
    }

    private var mixtureWarning: String? {
        guard Double(sampling.mixedReadings) > Double(sampling.readings) * Self.leastShare else { return nil }
        return "in \(NumberText.grouped(sampling.mixedReadings)) of \(NumberText.count(sampling.readings, "reading")), "
            + "threads ran meanwhile, and CPython 3.13 and later doesn't show whether a task went on: a chain can combine "
            + "functions of different times"
    }

    private var paceWarning: String? {
        guard sampling.representedTicks > sampling.ticks / 2 else { return nil }
        return "reading takes so long that \(NumberText.grouped(sampling.representedTicks)) of "
            + "\(NumberText.count(sampling.ticks, "tick")) are taken to be as at the next reading: lower --rate"
    }

    /// Why nothing is to be written.
    var failureWithoutTasks: CommandFailure {
        if case .interrupted = result.end {
            return CommandFailure("interrupted before a task was seen", exitCode: 130)
        }
        let reasons = sampling.missing.sorted().map { "not among the tasks: \(printable($0))" }
        let text =
            reasons.isEmpty
            ? "no task of asyncio or trio and no greenlet was there during the recording"
            : reasons.joined(separator: "; ")
        return CommandFailure(
            "\(text); sonde doctor -p PID says which runtime it found, --mode wall alone samples threads")
    }
}

// MARK: - JSON

extension TaskRecordingSummary {
    /// The summary for programs.
    private struct Figures: Encodable {
        let processes: [DescribedProcess]
        @Nullable var output: String?
        let rateHertz: Int
        let elapsedNanoseconds: UInt64
        let samples: UInt64
        let mostTasks: Int
        let distinctStacks: Int
        let readings: UInt64
        let readingsFailed: UInt64
        let readingsOfSeveralTimes: UInt64
        let readingNanoseconds: UInt64
        let ticks: UInt64
        let ticksLate: UInt64
        let ticksMissed: UInt64
        let ticksRepresented: UInt64
        let incomplete: [String: UInt64]
        let truncated: [String: UInt64]
        let lost: [String: UInt64]
        let missing: [String]
        let ownCpuNanoseconds: UInt64
        let functions: [HottestFunction]
    }

    /// - Parameter path: where the result was written; `nil` for standard output.
    func json(path: String?) throws(CommandFailure) -> String {
        let counts = result.profile.metadata.counts ?? SampleCounts()
        let rate = setup.request.options.rate
        let figures = Figures(
            processes: setup.described, output: Nullable(wrappedValue: path), rateHertz: rate,
            elapsedNanoseconds: sampling.elapsed, samples: sampling.samples, mostTasks: sampling.mostTasks,
            distinctStacks: result.distinctStacks, readings: sampling.readings,
            readingsFailed: sampling.failedReadings, readingsOfSeveralTimes: sampling.mixedReadings,
            readingNanoseconds: sampling.readingTime, ticks: sampling.ticks, ticksLate: sampling.lateTicks,
            ticksMissed: sampling.missedTicks, ticksRepresented: sampling.representedTicks,
            incomplete: sampling.unknown, truncated: counts.truncated, lost: counts.lost,
            missing: sampling.missing.sorted(), ownCpuNanoseconds: result.ownNanoseconds,
            functions: HottestFunction.functions(of: result.profile, rate: rate))
        let start = result.profile.metadata.startNanoseconds.map(UTCTimestamp.init(nanosecondsSince1970:))
        return try JSONText.of(
            JSONDocument(
                .tasks, about: setup.described.count == 1 ? setup.described[0] : nil, start: start, figures))
    }
}
