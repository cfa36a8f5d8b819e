internal import Alerting
internal import HostWatch

/// The leak windows after a reset has emptied them: until the shortest one is filled again, no suspicion says nothing.
struct EmptiedWindows {
    /// By the monotonic clock; `nil`: they were not emptied.
    private var since: Double?

    mutating func empty(at monotonic: Double) { since = monotonic }

    /// The observations, of which those of processes that don't leak as far as is known are unknown.
    func judged(
        _ observations: [AlertObservation], at monotonic: Double, _ settings: LeakWatchSettings
    ) -> [AlertObservation] {
        guard let since, let window = settings.windows.min(), monotonic < since + window + settings.interval else {
            return observations
        }
        return observations.map { observation in
            guard observation.type == .leak, case .verdict(nil, _) = observation.reading else { return observation }
            return AlertObservation(unknown: .leak, observation.subject)
        }
    }
}
