import HTTPTypes
import NIOCore
import NIOHTTP1

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
            ("Connection", "close"), ("Date", HTTPDate.now()),
        ]
        head = HTTPResponseHead(
            version: .http1_1, status: isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
            headers: HTTPHeaders(headers))
    }
}
