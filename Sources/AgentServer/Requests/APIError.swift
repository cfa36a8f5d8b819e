import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import SystemSupport

/// Why a request was refused: the status, a word for programs and a sentence for people.
struct APIError: Error {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    var headers: HTTPFields = [:]
    /// Whether the connection can't be used for another request.
    var closesConnection = false

    static func badRequest(_ code: String, _ message: String) -> APIError {
        APIError(status: .badRequest, code: code, message: message)
    }

    static func notFound(_ message: String) -> APIError {
        APIError(status: .notFound, code: "not_found", message: message)
    }

    static func forbidden(_ message: String) -> APIError {
        APIError(status: .forbidden, code: "forbidden", message: message)
    }

    /// - Parameter seconds: after how long the request may succeed.
    static func unavailable(_ code: String, _ message: String, retryAfter seconds: Int) -> APIError {
        APIError(
            status: .serviceUnavailable, code: code, message: message, headers: [.retryAfter: String(seconds)])
    }

    static func tooManyRequests(_ message: String) -> APIError {
        APIError(
            status: .tooManyRequests, code: "too_many_requests", message: message, headers: [.retryAfter: "1"])
    }

    static let notReady = unavailable(
        "not_ready", "the agent has not completed its first collection yet: try again in a few seconds", retryAfter: 5)

    static func stalled(secondsSinceCollection age: Double) -> APIError {
        unavailable(
            "stalled",
            "the last collection was \(Int(min(age, 1e15))) seconds ago: see the agent's log",
            retryAfter: 5)
    }

    static let internalError = APIError(
        status: .internalServerError, code: "internal_error", message: "the agent failed: see its log")

    /// `{"error": {"code": …, "message": …}}`.
    func response() throws -> Response {
        var headers = headers
        if closesConnection { headers[.connection] = "close" }
        return try JSONBody.response(
            ErrorBody(error: .init(code: code, message: message)), status: status, headers: headers)
    }
}

struct ErrorBody: Encodable, Sendable {
    struct Details: Encodable, Sendable {
        let code: String
        let message: String
    }

    let error: Details
}

/// The answer to bytes that are no request, or one with too large a head.
struct MalformedRequest {
    let head: HTTPResponseHead
    let body: ByteBuffer

    init(_ error: HTTPParserError) {
        let isTooLarge = error == .headerOverflow
        let code = isTooLarge ? "headers_too_large" : "malformed_request"
        let message = isTooLarge ? "the request's head is too large" : "this is not an HTTP request"
        let text = #"{"error":{"code":"\#(code)","message":"\#(message)"}}"#
        body = ByteBuffer(string: text)
        var headers = SecurityHeaders.fields.map { ($0.name.rawName, $0.value) }
        headers += [
            ("Content-Type", JSONBody.contentType), ("Content-Length", String(text.utf8.count)),
            ("Connection", "close"), ("Date", UTCTimestamp.now.httpDate),
        ]
        head = HTTPResponseHead(
            version: .http1_1, status: isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
            headers: HTTPHeaders(headers))
    }
}
