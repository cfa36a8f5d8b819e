import Glibc

/// Takes a cycle out of floors, such as that of the day, so that the trend below it shows.
///
/// A cycle comes at least twice in the window, with its second harmonic. It has to explain most of what a cubic leaves over,
/// in both halves of the window, and much better than a polynomial with as many parameters: else it is a bend, not a cycle.
enum CycleRemoval {
    struct Result {
        let floors: [Double]
        /// Seconds; `nil` when there was no cycle.
        let period: Double?
    }

    private struct Candidate {
        /// Per window.
        let cycles: Double
        /// The waves without what a cubic explains of them, orthonormal.
        let fits: [[Double]]
        /// The waves themselves, combined in the same way.
        let waves: [[Double]]
    }

    private static let count = FloorWindow.blocks
    private static let cubic = OrthonormalCurves(degree: 3, count: count)
    private static let flexible = OrthonormalCurves(degree: 7, count: count)
    private static let candidates: [Candidate] = stride(from: 2, through: 9, by: 0.25).map(candidate)

    /// The share of the variance beyond a cubic that a cycle has to explain, over all and in each half.
    private static let (explained, explainedInHalves) = (0.6, 0.5)
    /// What it may leave over of the variance that a polynomial leaves over.
    private static let leftOver = 0.25

    private static func candidate(cycles: Double) -> Candidate {
        let harmonics = cycles <= 5 ? [cycles, 2 * cycles] : [cycles]
        let shapes = harmonics.flatMap { harmonic in
            let angles = (0..<count).map { 2 * Double.pi * harmonic * Double($0) / Double(count) }
            return [angles.map { cos($0) }, angles.map { sin($0) }]
        }
        var (fits, waves): ([[Double]], [[Double]]) = ([], [])
        for shape in shapes {
            var (fit, wave) = (cubic.residuals(of: shape), shape)
            for index in fits.indices {
                let share = OrthonormalCurves.product(fit, fits[index])
                OrthonormalCurves.subtract(fits[index], times: share, from: &fit)
                OrthonormalCurves.subtract(waves[index], times: share, from: &wave)
            }
            let length = OrthonormalCurves.product(fit, fit).squareRoot()
            fits.append(fit.map { $0 / length })
            waves.append(wave.map { $0 / length })
        }
        return Candidate(cycles: cycles, fits: fits, waves: waves)
    }

    /// - Parameters:
    ///   - floors: as many as a window has blocks.
    ///   - window: seconds.
    static func cleaned(_ floors: [Double], window: Double) -> Result {
        let unchanged = Result(floors: floors, period: nil)
        let rest = cubic.residuals(of: floors)
        let variance = OrthonormalCurves.product(rest, rest)
        guard floors.count == count, variance > 0 else { return unchanged }
        var best: (share: Double, candidate: Candidate)?
        for candidate in candidates {
            let sum = candidate.fits.reduce(0) { sum, fit in
                let share = OrthonormalCurves.product(rest, fit)
                return sum + share * share
            }
            // Adjusted for the number of parameters, as in a regression.
            let freedom = Double(count - 4)
            let share = 1 - (1 - sum / variance) * freedom / (freedom - Double(candidate.fits.count))
            if share > best?.share ?? explained { best = (share, candidate) }
        }
        guard let candidate = best?.candidate, holds(candidate, rest: rest, floors: floors) else { return unchanged }
        var cleaned = floors
        for (fit, wave) in zip(candidate.fits, candidate.waves) {
            OrthonormalCurves.subtract(wave, times: OrthonormalCurves.product(rest, fit), from: &cleaned)
        }
        return Result(floors: cleaned, period: window / candidate.cycles)
    }

    private static func holds(_ candidate: Candidate, rest: [Double], floors: [Double]) -> Bool {
        var left = rest
        for fit in candidate.fits {
            OrthonormalCurves.subtract(fit, times: OrthonormalCurves.product(rest, fit), from: &left)
        }
        let bends = flexible.residuals(of: floors)
        guard squares(left[...]) < leftOver * squares(bends[...]) else { return false }
        return [0..<count / 2, count / 2..<count].allSatisfy { half in
            squares(left[half]) < (1 - explainedInHalves) * squares(rest[half])
        }
    }

    private static func squares(_ values: ArraySlice<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 } }
}
