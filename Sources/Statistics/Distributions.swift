internal import Glibc

/// Probabilities of the distributions that tests are made of.
package enum Distributions {
    /// The regularized incomplete beta function I_x(a, b), for a and b above 0 and x from 0 to 1.
    ///
    /// By its continued fraction (DLMF 8.17.22) with Lentz's method, which takes some √max(a, b) steps.
    package static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        guard x < (a + 1) / (a + b + 2) else { return 1 - lowerBeta(1 - x, x, b, a) }
        return lowerBeta(x, 1 - x, a, b)
    }

    /// I_x(a, b) where x is below the mean, and y is 1 - x.
    private static func lowerBeta(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        betaDensity(x, y, a, b) / a / betaFraction(x, a, b)
    }

    /// x^a · y^b / B(a, b), by deviances from the mean (Loader, "Fast and accurate computation of binomial probabilities",
    /// 2000): beyond 10⁸ events, differences of logarithms of the gamma function lose too many digits.
    private static func betaDensity(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        let sum = a + b
        let errors = stirlingError(sum) - stirlingError(a) - stirlingError(b)
        return (a * b / (2 * .pi * sum)).squareRoot() * exp(errors - deviance(a, sum * x) - deviance(b, sum * y))
    }

    /// What Stirling's formula lacks of the logarithm of Γ(n + 1) (DLMF 5.11.1).
    private static func stirlingError(_ n: Double) -> Double {
        guard n >= 16 else { return lgamma(n + 1).0 - (n * log(n) - n + 0.5 * log(2 * .pi * n)) }
        let square = 1 / (n * n)
        return (1 / 12 - (1 / 360 - (1 / 1_260 - (1 / 1_680 - square / 1_188) * square) * square) * square) / n
    }

    /// k · ln(k / mean) + mean - k, exact also where both are nearly equal.
    private static func deviance(_ k: Double, _ mean: Double) -> Double {
        let difference = k - mean
        guard abs(difference) < 0.1 * (k + mean) else { return k * log(k / mean) + mean - k }
        let ratio = difference / (k + mean)
        var sum = difference * ratio
        var term = 2 * k * ratio
        for step in 1...100 {
            term *= ratio * ratio
            let next = sum + term / Double(2 * step + 1)
            if next == sum { break }
            sum = next
        }
        return sum
    }

    /// Enough for 10¹¹ events, near the mean.
    private static let mostSteps = 200_000

    /// The continued fraction 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22.
    private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        var (result, numerator, denominator) = (1.0, 1.0, 0.0)
        for step in 1...mostSteps {
            let m = Double(step / 2)
            let term =
                step.isMultiple(of: 2)
                ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            denominator = 1 + term * denominator
            denominator = 1 / (denominator == 0 ? tiny : denominator)
            numerator = 1 + term / numerator
            if numerator == 0 { numerator = tiny }
            let factor = numerator * denominator
            result *= factor
            if abs(factor - 1) < 1e-14 { break }
        }
        return result
    }

    /// How likely a split of events in two is at least as uneven as `first` and `second`, where each event is one of the
    /// first with a probability: two-sided, and an even one counts half (the mid-p value of the binomial test).
    ///
    /// Numbers of events needn't be whole.
    package static func splitProbability(first: Double, second: Double, probability: Double) -> Double {
        guard first + second > 0 else { return 1 }
        let fewer = (atMost(first, second, probability) + atMost(first - 1, second + 1, probability)) / 2
        let more = (atMost(second, first, 1 - probability) + atMost(second - 1, first + 1, 1 - probability)) / 2
        return min(1, 2 * min(fewer, more))
    }

    /// That at most `count` events are of a kind that each is with a probability, of `count` and `others`.
    private static func atMost(_ count: Double, _ others: Double, _ probability: Double) -> Double {
        guard others > 0 else { return 1 }
        guard count > -1 else { return 0 }
        return incompleteBeta(1 - probability, others, count + 1)
    }

    /// How likely Student's t is at least so far from 0.
    package static func studentProbability(_ t: Double, freedom: Double) -> Double {
        guard t.isFinite else { return 0 }
        return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
    }

    /// How likely a standard normal deviate is at least so far from 0.
    package static func normalProbability(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }

    /// What Student's t exceeds on either side in 5 % of cases, to 1 % from four degrees of freedom on (Abramowitz and
    /// Stegun 26.7.5).
    package static func studentMargin(freedom: Double) -> Double {
        let z = 1.959964
        let (z3, z5) = (z * z * z, z * z * z * z * z)
        return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom)
            + (3 * z5 * z * z + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom * freedom * freedom)
    }
}
