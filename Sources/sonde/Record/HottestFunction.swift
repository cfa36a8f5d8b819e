import Profiles

/// A function of the hottest in the JSON of a recording.
struct HottestFunction: Encodable {
    let name: String
    /// The kind of its code, such as `native` or `kernel`.
    let kind: String
    let selfNanoseconds: UInt64
    let totalNanoseconds: UInt64
    /// Of all stacks, 0 to 1.
    let selfShare: Double
    let totalShare: Double

    /// The hottest of a profile, by self time.
    ///
    /// - Parameter rate: samples a second.
    static func functions(of profile: Profile, rate: Int) -> [HottestFunction] {
        let all = max(1, Double(profile.total(of: profile.shownSampleType) ?? 0))
        // Samples stand for a period each.
        let period = profile.shownSampleType.unit == .count ? UInt64(1_000_000_000 / max(1, rate)) : 1
        func nanoseconds(_ weight: UInt64) -> UInt64 {
            let (product, overflow) = weight.multipliedReportingOverflow(by: period)
            return overflow ? .max : product
        }
        return profile.top(RecordingSummary.functionLimit).map { function in
            HottestFunction(
                name: function.name, kind: function.kind.rawValue,
                selfNanoseconds: nanoseconds(function.selfWeight), totalNanoseconds: nanoseconds(function.totalWeight),
                selfShare: Double(function.selfWeight) / all, totalShare: Double(function.totalWeight) / all)
        }
    }
}
