internal import Glibc

/// Probabilities of the distributions that tests are made of.
package enum Distributions {
    /// The regularized incomplete beta function I_x(a, b), for a and b above 0 and x from 0 to 1.
    ///
    /// By its continued fraction (DLMF 8.17.22) with Lentz's method, which takes some √max(a, b) steps.
    package static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        guard x < (a + 1) / (a + b + 2) else { return 1 - lowerBeta(1 - x, b, a) }
        return lowerBeta(x, a, b)
    }

    /// I_x(a, b) where x is below the mean.
    private static func lowerBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let scale = lgamma(a + b).0 - lgamma(a).0 - lgamma(b).0 + a * log(x) + b * log1p(-x)
        return exp(scale) / a / betaFraction(x, a, b)
    }

    /// The continued fraction 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22.
    private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        var (result, numerator, denominator) = (1.0, 1.0, 0.0)
        for step in 1...20_000 {
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
