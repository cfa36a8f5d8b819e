import Foundation
import Statistics
import SystemSupport
import TestSupport

/// A program of many functions that works in phases, in each of which functions have other shares.
struct SimulatedProgram {
    static let functionCount = 60

    /// Of each kind of phase, the shares of the functions.
    private let phases: [[Double]]
    /// In samples; 0 where each sample is on its own.
    private let meanPhase: Double

    /// - Parameter concentration: how much phases are alike; `nil` where all are the same.
    init(meanPhase: Double, concentration: Double?, using random: inout SeededGenerator) {
        self.meanPhase = meanPhase
        let weights = (1...Self.functionCount).map { 1 / Double($0) }
        let total = weights.reduce(0, +)
        let shares = weights.map { $0 / total }
        phases =
            if let concentration {
                (0..<5).map { _ in
                    let values = shares.map { Self.gamma($0 * concentration, using: &random) }
                    let sum = values.reduce(0, +)
                    return values.map { $0 / sum }
                }
            } else {
                [shares]
            }
    }

    /// The recording of so many samples, in blocks, by function; the last one is the one with a share of its own.
    func record(_ count: Int, share: Double, using random: inout SeededGenerator) -> SimulatedRecording {
        var blocks = Array(
            repeating: Array(repeating: 0.0, count: RecordedBlocks.count), count: Self.functionCount + 1)
        let limits = phases.map { phase in
            phase.reduce(into: [Double]()) { $0.append(($0.last ?? 0) + $1) }
        }
        var (phase, rest) = (0, 0.0)
        for sample in 0..<count {
            if rest < 1 {
                phase = Int.random(in: phases.indices, using: &random)
                rest = -log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &random)) * meanPhase
            }
            rest -= 1
            let isOwn = Double.random(in: 0..<1, using: &random) < share
            let place = Double.random(in: 0..<1, using: &random)
            let function =
                isOwn
                ? Self.functionCount
                : min(Self.functionCount - 1, limits[phase].partitionPoint { $0 <= place })
            blocks[function][sample * RecordedBlocks.count / count] += 1
        }
        return SimulatedRecording(blocks: blocks)
    }

    /// Of the distribution with a shape (Marsaglia and Tsang 2000).
    private static func gamma(_ shape: Double, using random: inout SeededGenerator) -> Double {
        func uniform() -> Double { Double.random(in: Double.leastNonzeroMagnitude..<1, using: &random) }
        guard shape >= 1 else { return gamma(shape + 1, using: &random) * pow(uniform(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let normal = (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
            let v = pow(1 + c * normal, 3)
            if v > 0, log(uniform()) < normal * normal / 2 + d - d * v + d * log(v) { return d * v }
        }
    }
}

struct SimulatedRecording {
    let blocks: [[Double]]

    /// What two recordings show.
    static func comparison(
        _ before: SimulatedRecording, _ after: SimulatedRecording, withTimes: Bool = true
    ) -> (comparison: ShareComparison, changes: [ShareChange]) {
        let pairs = zip(before.blocks, after.blocks).map { first, second in
            RecordedPair(before: part(first, withTimes), after: part(second, withTimes))
        }
        let comparison = ShareComparison(
            before: whole(before, withTimes), after: whole(after, withTimes), parts: pairs)
        return (comparison, pairs.map(comparison.change))
    }

    /// The functions that differ.
    static func significant(_ changes: [ShareChange]) -> [Int] {
        guard let threshold = DiscoveryRate.threshold(of: changes.map(\.test), rate: 0.025) else { return [] }
        return changes.indices.filter { changes[$0].probability <= threshold }
    }

    private static func part(_ blocks: [Double], _ withTimes: Bool) -> RecordedPart {
        let sum = blocks.reduce(0, +)
        return RecordedPart(events: sum, value: sum, blocks: withTimes ? blocks : [])
    }

    private static func whole(_ recording: SimulatedRecording, _ withTimes: Bool) -> RecordedWhole {
        let totals = (0..<RecordedBlocks.count).map { block in recording.blocks.reduce(0) { $0 + $1[block] } }
        let sum = totals.reduce(0, +)
        return RecordedWhole(events: sum, value: sum, blocks: withTimes ? totals : [])
    }
}
