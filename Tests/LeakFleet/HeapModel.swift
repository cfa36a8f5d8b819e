package import TrendFamilies

/// The memory of one process over its life, as a mechanism.
package protocol HeapModel {
    /// Plays a step of some seconds, up to a moment.
    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw)

    /// Bytes of anonymous memory, without what is leaked on purpose.
    var bytes: Double { get }
}

/// A step of a process's life.
package struct HeapMoment: Sendable {
    /// Seconds that the step takes.
    package let step: Double
    /// Seconds since the process started.
    package let age: Double
    /// Seconds since the start of the simulation.
    package let seconds: Double
    /// 1 is a busy hour's.
    package let load: Double
}

/// How a process leaks.
package struct Leak: Sendable {
    /// Bytes a second at load 1.
    package var rate: Double
    /// The share that doesn't depend on load.
    package var steady = 0.0
    /// Leaks come in pieces of so many bytes.
    package var piece = 0.0
    /// Multiplies the rate by the hour of the day; `nil`: the same at all hours.
    package var hours: ClosedRange<Double>?
    /// By how much the rate grows in a day, as a share.
    package var acceleration = 0.0

    package init(rate: Double) { self.rate = rate }

    /// Bytes leaked in a step.
    package func bytes(_ moment: HeapMoment, since onset: Double, _ draw: inout Draw) -> Double {
        let passed = min(moment.step, moment.seconds - onset)
        guard passed > 0 else { return 0 }
        let hour = (moment.seconds / 3600).truncatingRemainder(dividingBy: 24)
        if let hours, !hours.contains(hour) { return 0 }
        let days = (moment.seconds - onset) / 86_400
        let mean = rate * (1 + acceleration * days) * (steady + (1 - steady) * moment.load) * passed
        guard piece > 0 else { return mean }
        // Many small pieces are as good as even.
        return mean < 100 * piece ? Double(draw.poisson(mean / piece)) * piece : mean
    }
}
