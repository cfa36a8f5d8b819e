import PprofMessages
import ProfileModel
import Profiles

/// The messages of a file but its samples.
struct PprofTables {
    /// More types of values than any producer writes: each sample has a value of each.
    static let mostTypes = 64

    var sampleTypes: [PprofValueType] = []
    var mappings: [PprofMapping] = []
    var locations: [PprofLocation] = []
    var functions: [PprofFunction] = []
    var strings: [String] = []
    var comments: [Int64] = []
    var timeNanos: Int64 = 0
    var durationNanos: Int64 = 0
    var periodType = PprofValueType()
    var period: Int64 = 0
    var defaultSampleType: Int64 = 0

    private let limits: ProfileLimits

    init(_ limits: ProfileLimits) { self.limits = limits }

    /// Of all locations.
    var lineCount = 0

    var rowCount: Int {
        mappings.count + locations.count + lineCount + functions.count + strings.count + comments.count
    }

    /// A text of the string table; `nil` where there is none of that number.
    func text(_ index: Int64) -> String? {
        guard let position = Int(exactly: index), strings.indices.contains(position) else { return nil }
        return strings[position]
    }

    /// What the file says of the recording.
    func metadata() -> ProfileMetadata {
        var metadata = ProfileMetadata(
            command: mainPath.flatMap { $0.split(separator: "/").last }.map(String.init) ?? "pprof profile",
            rateHertz: rate, startNanoseconds: timeNanos > 0 ? UInt64(timeNanos) : nil,
            durationNanoseconds: durationNanos > 0 ? UInt64(durationNanos) : nil)
        PprofRemarks.read(comments.compactMap { text($0) }, into: &metadata)
        return metadata
    }

    /// The path of the main binary.
    private var mainPath: String? {
        mappings.first.flatMap { text($0.filename) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private var rate: Int? {
        let (_, factor) = PprofUnit.unit(named: text(periodType.unit) ?? "")
        guard let factor, period > 0 else { return nil }
        let (nanoseconds, overflow) = period.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        let rate = Int((1_000_000_000 + nanoseconds / 2) / nanoseconds)
        return rate > 0 ? rate : nil
    }
}

/// The units of pprof's values.
enum PprofUnit {
    /// The unit that a name stands for; for times also how many nanoseconds it has.
    static func unit(named name: String) -> (unit: SampleType.Unit, nanoseconds: Int64?) {
        switch name {
        case "nanoseconds", "nanosecond", "ns": (.nanoseconds, 1)
        case "microseconds", "microsecond", "us", "µs": (.nanoseconds, 1_000)
        case "milliseconds", "millisecond", "ms": (.nanoseconds, 1_000_000)
        case "seconds", "second", "s": (.nanoseconds, 1_000_000_000)
        default: (SampleType.Unit(named: name), nil)
        }
    }
}
