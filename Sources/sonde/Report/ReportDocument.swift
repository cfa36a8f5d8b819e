import ProfileModel
import Profiles
import SystemSupport

/// What `sonde report --json` writes.
struct ReportDocument: Encodable {
    struct Function: Encodable {
        let name: String
        let kind: String
        let `self`: UInt64
        let total: UInt64
        let selfShare: Double
        let totalShare: Double
    }

    let title: String
    /// `nil` where the file doesn't say.
    @Nullable var processes: [DescribedProcess]?
    let sampleType: String
    let unit: String
    let total: UInt64
    @Nullable var samples: UInt64?
    @Nullable var recordedSamples: UInt64?
    @Nullable var rateHertz: Int?
    @Nullable var durationSeconds: Double?
    @Nullable var truncated: [String: UInt64]?
    @Nullable var lost: [String: UInt64]?
    @Nullable var framesWithoutSymbol: UInt64?
    let functions: [Function]

    init(_ profile: Profile, limit: Int?) {
        let (metadata, counts, type) = (profile.metadata, profile.metadata.counts, profile.shownSampleType)
        title = printable(metadata.command)
        processes = metadata.processes.isEmpty ? nil : metadata.processes.map(DescribedProcess.init(recorded:))
        sampleType = printable(type.name, limit: 60)
        unit = printable(type.unit.name, limit: 32)
        let whole = UInt64(clamping: profile.total(of: type) ?? 0)
        total = whole
        samples = counts?.samples
        recordedSamples = counts.map { $0.recordedSamples ?? $0.samples }
        rateHertz = metadata.rateHertz
        durationSeconds = metadata.durationNanoseconds.map { Double($0) / 1e9 }
        truncated = counts.map { Self.printableKeys($0.truncated) }
        lost = counts.map { Self.printableKeys($0.lost) }
        framesWithoutSymbol = counts?.unnamedFrames
        functions = profile.top(limit).map { function in
            Function(
                name: printable(function.name), kind: function.kind.rawValue, self: function.selfWeight,
                total: function.totalWeight, selfShare: Self.share(function.selfWeight, of: whole),
                totalShare: Self.share(function.totalWeight, of: whole))
        }
    }

    /// Reasons as a file has them, those that are shown alike as one.
    private static func printableKeys(_ counts: [String: UInt64]) -> [String: UInt64] {
        Dictionary(counts.map { (printable($0.key, limit: 60), $0.value) }) { $0.addingSaturated($1) }
    }

    private static func share(_ part: UInt64, of whole: UInt64) -> Double {
        whole > 0 ? min(1, Double(part) / Double(whole)) : 0
    }
}
