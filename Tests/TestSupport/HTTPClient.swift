package import Foundation
import FoundationNetworking
import Synchronization

/// What a server answered.
package struct HTTPResponse: Sendable {
    package let status: Int
    /// By name in lower case.
    package let headers: [String: String]
    package let body: Data

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    package init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Asks a server by HTTP, and waits for the whole answer at most `limit` seconds.
///
/// Throws when there is none; any status is an answer.
package func request(
    _ method: String = "GET", _ address: String, headers: [String: String] = [:], body: Data? = nil,
    within limit: Double = 20
) throws -> HTTPResponse {
    guard let url = URL(string: address) else { throw URLError(.badURL) }
    var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: limit)
    request.httpMethod = method
    request.httpBody = body
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let outcome = Outcome()
    URLSession.shared.dataTask(with: request) { data, response, error in
        outcome.set(
            Result {
                guard let response = response as? HTTPURLResponse else { throw error ?? URLError(.badServerResponse) }
                return HTTPResponse(status: response.statusCode, headers: response.plainHeaders, body: data ?? Data())
            })
    }.resume()
    return try outcome.get()
}

private final class Outcome: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<HTTPResponse, any Error>?>(nil)

    func set(_ result: Result<HTTPResponse, any Error>) {
        self.result.withLock { $0 = result }
        done.signal()
    }

    func get() throws -> HTTPResponse {
        done.wait()
        guard let result = result.withLock({ $0 }) else { throw URLError(.unknown) }
        return try result.get()
    }
}

extension HTTPURLResponse {
    fileprivate var plainHeaders: [String: String] {
        let pairs = allHeaderFields.map { (String(describing: $0.key).lowercased(), String(describing: $0.value)) }
        return Dictionary(pairs) { first, _ in first }
    }
}
