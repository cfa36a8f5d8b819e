internal import ProfileModel
internal import Statistics
internal import SystemSupport

/// What differs between two profiles by more than chance: functions, and the nodes of their call trees.
///
/// Shares are compared, so recordings may differ in length and rate. In recordings of the same program, at most about one
/// of twenty comparisons shows a difference.
package struct ProfileComparison: Sendable {
    /// Which share of a function is compared.
    package enum Measure: String, Hashable, Sendable, CaseIterable {
        /// Of the samples whose innermost frame is the function.
        case own = "self"
        /// Of the samples that it is anywhere in.
        case total
    }

    /// The share of false differences among those of functions, and again among those of nodes.
    package static let discoveryRate = 0.025

    package let before: ComparedRecording
    package let after: ComparedRecording
    package let measure: Measure
    /// What is compared.
    package let sampleType: SampleType
    /// All functions: those that differ first, the ones that differ most before others; then those that chance explains,
    /// the least likely first.
    package let functions: [FunctionChange]
    package let tree: ComparedTree
    /// By what factor the shares of everything that didn't change differ.
    package let scale: Double
    package let warnings: [ComparisonWarning]

    package init(
        _ before: Profile, _ after: Profile, grouping: Grouping = .process, measure: Measure = .own
    ) throws(ComparisonError) {
        let type = try Self.comparedType(before, after)
        let first = ComparedProfile(before, type: before.sampleTypes.firstIndex(of: type) ?? 0)
        let second = ComparedProfile(after, type: after.sampleTypes.firstIndex(of: type) ?? 0)
        let paired = PairedTree(first, second, grouping: grouping)
        let measurement = PartMeasurement(paired, rate: Self.discoveryRate)
        guard measurement.before.value > 0 else { throw .empty(.before) }
        guard measurement.after.value > 0 else { throw .empty(.after) }
        let table = FunctionTable(paired.tree)
        let own = measurement.pairs(count: table.count) { node, body in body(table.positions[node]) }
        let comparison = ShareComparison(before: measurement.before, after: measurement.after, parts: own)
        let changes = FunctionChanges(comparison, measurement, table, own: own, measure: measure)
        self.before = ComparedRecording(before, samples: measurement.before.events)
        self.after = ComparedRecording(after, samples: measurement.after.events)
        self.measure = measure
        sampleType = type
        scale = comparison.scale.factor
        functions = changes.sorted
        tree = ComparedTree(comparison, measurement)
        warnings = ComparisonWarning.all(before, after, comparison)
    }

    /// The type that both show, or at least both have.
    private static func comparedType(_ before: Profile, _ after: Profile) throws(ComparisonError) -> SampleType {
        let shown = [after.shownSampleType, before.shownSampleType]
        let common = shown.first { before.sampleTypes.contains($0) && after.sampleTypes.contains($0) }
        guard let common else { throw .differentTypes(before.shownSampleType, after.shownSampleType) }
        return common
    }
}

/// One of the recordings that are compared.
package struct ComparedRecording: Hashable, Sendable {
    package let metadata: ProfileMetadata
    package let samples: UInt64
    /// How many CPUs were in use on average; `nil` where that isn't known.
    package let meanProcessors: Double?

    init(_ profile: Profile, samples: Double) {
        metadata = profile.metadata
        self.samples = UInt64(exactly: samples.rounded()) ?? .max
        meanProcessors = profile.total(of: .cpu).flatMap { nanoseconds in
            guard let duration = profile.metadata.durationNanoseconds, duration > 0 else { return nil }
            return Double(nanoseconds) / Double(duration)
        }
    }
}

/// One of the two profiles that are compared.
package enum ComparedSide: String, Hashable, Sendable, CaseIterable {
    case before
    case after
}

/// Why two profiles can't be compared.
package enum ComparisonError: Error, Hashable, Sendable {
    case empty(ComparedSide)
    /// What each shows.
    case differentTypes(SampleType, SampleType)
}

extension ComparisonError: CustomStringConvertible {
    private static func text(_ type: SampleType) -> String {
        "\(printable(type.name, limit: 60)) (\(printable(type.unit.name, limit: 32)))"
    }

    package var description: String {
        switch self {
        case .empty(let side): "the profile \(side) has no samples"
        case .differentTypes(let before, let after):
            "the profiles measure different things: \(Self.text(before)) before, \(Self.text(after)) "
                + "after; record both in the same mode"
        }
    }
}
