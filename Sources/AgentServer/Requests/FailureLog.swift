import HTTPTypes
import Hummingbird
import Logging

/// Logs failed requests, one a minute: whoever repeats a request doesn't fill the log.
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
