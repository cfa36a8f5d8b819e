import ProfileFormats
import ProfileModel
import Profiles
import Statistics
import SystemSupport

/// What `sonde diff --json` writes.
struct DiffReport: Encodable {
    struct Recording: Encodable {
        let command: String
        let processes: [Int32]
        let samples: UInt64
        @Nullable var rateHertz: Int?
        /// In UTC, by RFC 3339.
        @Nullable var start: String?
        @Nullable var durationSeconds: Double?
        @Nullable var meanCpus: Double?
    }

    struct Function: Encodable {
        let name: String
        let kind: String
        let verdict: String
        let samplesBefore: Double
        let samplesAfter: Double
        let shareBefore: Double
        let shareAfter: Double
        let shareChange: Double
        /// Half the width of the 95 % interval.
        let shareChangeMargin: Double
        let pValue: Double
        @Nullable var moved: Move?
    }

    struct Move: Encodable {
        let caller: String
        /// `nil` for the caller's own code.
        @Nullable var counterpart: String?
    }

    let measure: String
    let sampleType: String
    let scale: Double
    let before: Recording
    let after: Recording
    let functions: [Function]

    init(_ comparison: ProfileComparison) {
        measure = comparison.measure.rawValue
        sampleType = printable(comparison.sampleType.name, limit: 60)
        scale = comparison.scale
        before = Recording(comparison.before)
        after = Recording(comparison.after)
        functions = comparison.functions.map(Function.init)
    }
}

extension DiffReport.Recording {
    init(_ recording: ComparedRecording) {
        let metadata = recording.metadata
        command = printable(metadata.command)
        processes = metadata.processes.map(\.rawValue).filter { $0 >= 1 }
        samples = recording.samples
        rateHertz = metadata.rateHertz
        start = metadata.startNanoseconds.map { UTCTimestamp(nanosecondsSince1970: $0).rfc3339 }
        durationSeconds = metadata.durationNanoseconds.map { Double($0) / 1e9 }
        meanCpus = recording.meanProcessors
    }
}

extension DiffReport.Function {
    init(_ function: FunctionChange) {
        name = printable(function.name)
        kind = function.kind.rawValue
        verdict = function.verdict.word
        samplesBefore = function.eventsBefore
        samplesAfter = function.eventsAfter
        shareBefore = function.change.before
        shareAfter = function.change.after
        shareChange = function.change.difference
        shareChangeMargin = function.change.margin
        pValue = function.change.probability
        moved = if case .moved(let movement) = function.verdict { DiffReport.Move(movement) } else { nil }
    }
}

extension DiffReport.Move {
    init(_ movement: Movement) {
        caller = printable(movement.caller)
        counterpart = if case .function(let name) = movement.counterpart { printable(name) } else { nil }
    }
}
