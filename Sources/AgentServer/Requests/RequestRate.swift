import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// How many requests clients have left: a token bucket for each, filled at a steady rate.
///
/// At most `maximumClients` are remembered; of more, those without a request for longest are discarded.
final class RequestRate: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: ContinuousClock.Instant
    }

    private let perSecond: Double
    private let burst: Double
    private let maximumClients: Int
    private let buckets = Mutex<[String: Bucket]>([:])

    /// - Parameter perSecond: 0 or less for no limit.
    init(perSecond: Double, burst: Double, maximumClients: Int = 1024) {
        self.perSecond = perSecond
        self.burst = burst
        self.maximumClients = maximumClients
    }

    /// Takes one token; false when there is none.
    func takes(_ client: String, at now: ContinuousClock.Instant = .now) -> Bool {
        guard perSecond > 0 else { return true }
        return buckets.withLock { buckets in
            var bucket = filled(buckets[client], now)
            let isTaken = bucket.tokens >= 1
            if isTaken { bucket.tokens -= 1 }
            if buckets[client] == nil, buckets.count >= maximumClients { forgetSome(of: &buckets) }
            buckets[client] = bucket
            return isTaken
        }
    }

    /// Whether there is a token, which stays.
    func has(_ client: String, at now: ContinuousClock.Instant = .now) -> Bool {
        guard perSecond > 0 else { return true }
        return buckets.withLock { filled($0[client], now).tokens >= 1 }
    }

    private func filled(_ bucket: Bucket?, _ now: ContinuousClock.Instant) -> Bucket {
        guard let bucket else { return Bucket(tokens: burst, filledAt: now) }
        let gained = (now - bucket.filledAt) / .seconds(1) * perSecond
        return Bucket(tokens: min(bucket.tokens + gained, burst), filledAt: now)
    }

    private func forgetSome(of buckets: inout [String: Bucket]) {
        let oldestFirst = buckets.sorted { $0.value.filledAt < $1.value.filledAt }
        for (client, _) in oldestFirst.prefix(maximumClients / 4 + 1) { buckets[client] = nil }
    }
}

/// Logs failed requests, one a minute, so that a repeated request doesn't fill the log.
final class FailureLog: Sendable {
    private let rate = RequestRate(perSecond: 1 / 60, burst: 5)

    func report(_ error: any Error, request: Request, identifier: String, logger: Logger) {
        guard rate.takes("failures") else { return }
        logger.error(
            "request failed",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(request.uri.path)", "id": "\(identifier)",
                "error": "\(error)",
            ])
    }
}
