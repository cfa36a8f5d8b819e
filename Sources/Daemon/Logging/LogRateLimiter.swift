/// Lets the first records of a kind through, and counts the rest of each window.
///
/// A kind has a key, such as the component, the level and the message's words. What was suppressed is always reported: by
/// `expired` or `finish`.
package struct LogRateLimiter: Sendable {
    package enum Verdict: Equatable, Sendable {
        case pass
        /// It is not written, and counted.
        case suppress
    }

    /// How many records of a kind were suppressed.
    package struct Suppressed: Equatable, Sendable {
        package let key: String
        package let count: Int
    }

    private struct Window {
        var start: Double
        var passed = 0
        var suppressed = 0
    }

    private let burst: Int
    private let length: Double
    private let mostKeys: Int
    private var windows: [String: Window] = [:]

    /// `burst` records of a kind in `length` seconds; kinds beyond `mostKeys` count as one.
    package init(burst: Int = 10, length: Double = 60, mostKeys: Int = 256) {
        self.burst = burst
        self.length = length
        self.mostKeys = mostKeys
    }

    /// At a monotonic time in seconds, once `expired` was called for that time.
    package mutating func admit(_ key: String, at time: Double) -> Verdict {
        let key = windows[key] == nil && windows.count >= mostKeys ? "other messages" : key
        var window = windows[key] ?? Window(start: time)
        defer { windows[key] = window }
        guard window.passed < burst else {
            window.suppressed += 1
            return .suppress
        }
        window.passed += 1
        return .pass
    }

    /// Ends the windows that are over, and returns what was suppressed in them, by key.
    package mutating func expired(at time: Double) -> [Suppressed] {
        take { [length] in time - $0 >= length || time < $0 }
    }

    /// The same for all windows, when the log ends.
    package mutating func finish() -> [Suppressed] { take { _ in true } }

    private mutating func take(where isOver: (Double) -> Bool) -> [Suppressed] {
        let over = windows.filter { isOver($0.value.start) }
        for key in over.keys { windows[key] = nil }
        return over.filter { $0.value.suppressed > 0 }
            .map { Suppressed(key: $0.key, count: $0.value.suppressed) }.sorted { $0.key < $1.key }
    }
}
