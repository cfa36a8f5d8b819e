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
    /// Whether there were others.
    private(set) var hasLost = false
    /// Those that have answered while no other was asked.
    private var answering: Set<String> = []
    private var lastFailure = ENOENT

    /// - Parameter variable: the value of `DEBUGINFOD_URLS`, URLs separated by spaces.
    init(variable: String) {
        let words = variable.split(whereSeparator: \.isWhitespace).map(String.init)
        // Policies (`ima:enforcing`) apply to all URLs behind them.
        urls = words.contains { $0.hasPrefix("ima:") } ? [words.joined(separator: " ")] : words
    }

    /// Asks all servers at once, and then one by one those that may not have answered.
    ///
    /// The library's error is that of the server that failed last, and hides those of the others.
    ///
    /// - Parameters:
    ///   - ask: has the library ask these servers.
    ///   - lose: is given those that are not asked any more.
    mutating func find(
        asking ask: ([String]) -> Answer, losing lose: (_ url: String, _ errno: Int32) -> Void
    ) -> Answer {
        guard !urls.isEmpty else { return .failed(errno: lastFailure, hasBegun: false) }
        let first = ask(urls)
        guard urls.count > 1 else {
            note(first, of: urls[0], lose)
            return first
        }
        let others = possiblySilent(after: first)
        guard !others.isEmpty else { return first }
        var failure = ENOENT
        for url in others {
            let answer = ask([url])
            note(answer, of: url, lose)
            switch answer {
            case .found: return answer
            case .failed(let number, _): if urls.contains(url), number != ENOENT { failure = number }
            }
        }
        return .failed(errno: urls.isEmpty ? lastFailure : failure, hasBegun: false)
    }

    /// The servers that may not have answered, by the answer of all.
    private func possiblySilent(after answer: Answer) -> [String] {
        if Self.silence(in: answer) != nil { return urls }
        guard case .failed(errno: ENOENT, _) = answer else { return [] }
        return urls.filter { !answering.contains($0) }
    }

    private mutating func note(
        _ answer: Answer, of url: String, _ lose: (_ url: String, _ errno: Int32) -> Void
    ) {
        guard let failure = Self.silence(in: answer) else {
            answering.insert(url)
            return
        }
        lose(url, failure)
        urls.removeAll { $0 == url }
        (hasLost, lastFailure) = (true, failure)
    }

    /// The error of a server that doesn't answer at all; `nil` for another answer.
    private static func silence(in answer: Answer) -> Int32? {
        guard case .failed(let number, hasBegun: false) = answer,
            [ETIME, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EINVAL].contains(number)
        else { return nil }
        return number
    }
}
