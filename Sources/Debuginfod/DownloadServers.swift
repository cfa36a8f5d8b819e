internal import Glibc
internal import SystemSupport

/// A debug file, open for reading.
final class DownloadedFile: Sendable {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}

/// The servers of `DEBUGINFOD_URLS`, without those that don't answer: each of these costs its timeout once.
struct DownloadServers {
    enum Answer {
        case found(DownloadedFile)
        /// - hasBegun: whether a server had answered when it failed.
        case failed(errno: Int32, hasBegun: Bool)
    }

    /// Those that are asked.
    private(set) var urls: [String]
    private var lastFailure = ENOENT

    /// - Parameter variable: the value of `DEBUGINFOD_URLS`, URLs separated by spaces.
    init(variable: String) {
        let words = variable.split(whereSeparator: \.isWhitespace).map(String.init)
        // Policies (`ima:enforcing`) apply to all URLs behind them.
        urls = words.contains { $0.hasPrefix("ima:") } ? [words.joined(separator: " ")] : words
    }

    /// Asks all servers at once; where none has the file and one didn't answer, each of them to know which.
    ///
    /// - Parameters:
    ///   - ask: has the library ask these servers.
    ///   - lose: is given those that are not asked any more.
    mutating func find(
        asking ask: ([String]) -> Answer, losing lose: (_ url: String, _ errno: Int32) -> Void
    ) -> Answer {
        guard !urls.isEmpty else { return .failed(errno: lastFailure, hasBegun: false) }
        let first = ask(urls)
        guard let failure = Self.silence(in: first) else { return first }
        guard urls.count > 1 else {
            lose(urls[0], failure)
            (urls, lastFailure) = ([], failure)
            return first
        }
        for url in urls {
            let answer = ask([url])
            if case .found = answer { return answer }
            guard let failure = Self.silence(in: answer) else { continue }
            lose(url, failure)
            urls.removeAll { $0 == url }
            lastFailure = failure
        }
        return .failed(errno: urls.isEmpty ? lastFailure : ENOENT, hasBegun: false)
    }

    /// The error of a server that doesn't answer at all; `nil` for another answer.
    private static func silence(in answer: Answer) -> Int32? {
        guard case .failed(let number, hasBegun: false) = answer,
            [ETIME, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EINVAL].contains(number)
        else { return nil }
        return number
    }
}
