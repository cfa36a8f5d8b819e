import Statistics
import TestSupport
import Testing

/// How often simulated recordings differ; samples are of one thread at 99 Hz.
@Suite struct ShareComparisonTests {
    private static let minute = 5_940

    /// Mean lengths of phases in samples, and how much phases are alike.
    private static let programs: [(meanPhase: Double, concentration: Double?)] = [
        (0, nil), (20, 5), (99, 5), (99, 30), (297, 5),
    ]

    @Test(arguments: programs) func recordingsOfTheSameProgramDoNotDiffer(
        meanPhase: Double, concentration: Double?
    ) {
        var random = SeededGenerator(state: 11)
        let pairs = 200
        let different = (0..<pairs).count { _ in
            let program = SimulatedProgram(meanPhase: meanPhase, concentration: concentration, using: &random)
            let before = program.record(Self.minute, share: 0.03, using: &random)
            let after = program.record(Self.minute, share: 0.03, using: &random)
            return !SimulatedRecording.significant(SimulatedRecording.comparison(before, after).changes).isEmpty
        }
        #expect(isRare(different, of: pairs, share: 0.025, deviations: 3), "\(different)")
    }

    @Test(arguments: programs) func aFunctionThatGrowsFromThreeToFivePercentIsTheLeastLikely(
        meanPhase: Double, concentration: Double?
    ) {
        var random = SeededGenerator(state: 12)
        let pairs = 100
        var (first, significant) = (0, 0)
        for _ in 0..<pairs {
            let program = SimulatedProgram(meanPhase: meanPhase, concentration: concentration, using: &random)
            let before = program.record(2 * Self.minute, share: 0.03, using: &random)
            let after = program.record(2 * Self.minute, share: 0.05, using: &random)
            let changes = SimulatedRecording.comparison(before, after).changes
            let order = changes.indices.sorted { changes[$0].probability < changes[$1].probability }
            if order.first == SimulatedProgram.functionCount { first += 1 }
            if SimulatedRecording.significant(changes).contains(SimulatedProgram.functionCount) { significant += 1 }
        }
        #expect(first >= 95)
        #expect(significant >= 90)
    }

    @Test func phasesLongerThanARecordingCanShowAreReported() {
        var random = SeededGenerator(state: 13)
        let warned = [0.0, 900].map { meanPhase in
            (0..<20).count { _ in
                let program = SimulatedProgram(meanPhase: meanPhase, concentration: 5, using: &random)
                let before = program.record(Self.minute, share: 0.03, using: &random)
                let after = program.record(Self.minute, share: 0.03, using: &random)
                return SimulatedRecording.comparison(before, after).comparison.hasLongPhases
            }
        }
        #expect(warned[0] == 0)
        #expect(warned[1] >= 15)
    }

    @Test func phasesWithoutTimesCanNotBeSeen() {
        var random = SeededGenerator(state: 14)
        let program = SimulatedProgram(meanPhase: 99, concentration: 5, using: &random)
        let before = program.record(Self.minute, share: 0.03, using: &random)
        let after = program.record(Self.minute, share: 0.03, using: &random)
        let timed = SimulatedRecording.comparison(before, after)
        let untimed = SimulatedRecording.comparison(before, after, withTimes: false)
        #expect(timed.comparison.hasTimes && !untimed.comparison.hasTimes)
        #expect(zip(timed.changes, untimed.changes).allSatisfy { $0.probability >= $1.probability })
        #expect(!SimulatedRecording.significant(untimed.changes).isEmpty)
    }

    @Test func whatDoesNotGrowIsNotReportedAsShrunkBesideWhatDoes() {
        var random = SeededGenerator(state: 15)
        let wrong = (0..<40).count { _ in
            let program = SimulatedProgram(meanPhase: 0, concentration: nil, using: &random)
            let before = program.record(20_000, share: 0.03, using: &random)
            let after = program.record(20_000, share: 0.5, using: &random)
            let (comparison, changes) = SimulatedRecording.comparison(before, after)
            #expect(abs(comparison.scale.factor - 0.5 / 0.97) < 0.05)
            let significant = SimulatedRecording.significant(changes)
            #expect(significant.contains(SimulatedProgram.functionCount))
            return significant.count > 1
        }
        // Of the significant ones, at most a share of 0.025 is false.
        #expect(isRare(wrong, of: 40, share: 0.05, deviations: 3), "\(wrong)")
    }

    @Test func theIntervalHasTheDifferenceInNineteenOfTwentyCases() {
        var random = SeededGenerator(state: 16)
        let pairs = 300
        let covered = (0..<pairs).count { _ in
            let program = SimulatedProgram(meanPhase: 20, concentration: 5, using: &random)
            let before = program.record(3_000, share: 0.1, using: &random)
            let after = program.record(3_000, share: 0.2, using: &random)
            let change = SimulatedRecording.comparison(before, after).changes[SimulatedProgram.functionCount]
            return abs(change.difference - 0.1) <= change.margin
        }
        #expect(isBinomial(covered, of: pairs, probability: 0.965, deviations: 3), "\(covered)")
    }
}
