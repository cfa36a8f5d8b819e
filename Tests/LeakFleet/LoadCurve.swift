import Glibc
package import TrendFamilies

/// The load of a service over days and weeks, 1 in the mean of a weekday's busy hours.
package struct LoadCurve: Sendable {
    /// How much lower it is at night, 0 (as by day) to 1 (none).
    private let nights: Double
    /// The same at weekends.
    private let weekends: Double
    /// Hours by which its day is shifted.
    private let shift: Double
    /// The relative size of what varies from minute to minute, and for how many seconds that lasts.
    private let noise: Double
    private let lasting: Double
    private var deviation = 0.0
    private var latest: Double?

    package init(nights: Double, weekends: Double = 0, shift: Double = 0, noise: Double = 0.1, lasting: Double = 900) {
        (self.nights, self.weekends, self.shift) = (nights, weekends, shift)
        (self.noise, self.lasting) = (noise, lasting)
    }

    /// Any that services of the internet have.
    package static func usual(_ draw: inout Draw) -> LoadCurve {
        LoadCurve(
            nights: draw.uniform(0.3, 0.9), weekends: draw.uniform(0, 0.5), shift: draw.uniform(-6, 6),
            noise: draw.uniform(0.05, 0.25), lasting: draw.spread(120, 3600))
    }

    /// The same all the time but for noise.
    package static func steady(_ draw: inout Draw) -> LoadCurve {
        LoadCurve(nights: 0, noise: draw.uniform(0.03, 0.15), lasting: draw.spread(60, 1800))
    }

    /// Working hours of one office.
    package static func businessHours(_ draw: inout Draw) -> LoadCurve {
        LoadCurve(nights: draw.uniform(0.93, 1), weekends: draw.uniform(0.9, 1), noise: draw.uniform(0.1, 0.3))
    }

    /// At least zero.
    package mutating func load(at seconds: Double, _ draw: inout Draw) -> Double {
        let passed = latest.map { seconds - $0 } ?? lasting
        latest = seconds
        let kept = exp(-passed / lasting)
        deviation = deviation * kept + noise * (1 - kept * kept).squareRoot() * draw.normal()
        return max(0, Self.day(seconds / 3600 + shift, nights, weekends) * (1 + deviation))
    }

    private static func day(_ hours: Double, _ nights: Double, _ weekends: Double) -> Double {
        let hour = hours - (hours / 24).rounded(.down) * 24
        let weekday = (hours / 24).rounded(.down) - (hours / 168).rounded(.down) * 7
        let busy = hour < 6 ? 0 : hour < 10 ? (hour - 6) / 4 : hour < 17 ? 1 : hour < 23 ? (23 - hour) / 6 : 0
        return (1 - nights * (1 - busy)) * (weekday >= 5 ? 1 - weekends : 1)
    }
}
