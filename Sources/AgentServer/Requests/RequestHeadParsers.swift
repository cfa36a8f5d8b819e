import Foundation
import HTTPTypes
import MetricFamilies

/// Everything that the server parses of a request's head itself, after NIO has split it into a target and fields.
///
/// The entry point for fuzzing: each parser is total and bounded, whatever the bytes.
package enum RequestHeadParsers {
    /// - Parameter head: lines ended by a line feed: the target, then fields as `NAME: VALUE`.
    package static func run(on head: [UInt8]) {
        let lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let target = String(decoding: lines.first ?? [], as: UTF8.self)
        parse(target: target)
        for line in lines.dropFirst() {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            parse(field: String(decoding: parts.last ?? [], as: UTF8.self), of: target)
        }
    }

    private static func parse(target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = try? QueryParameters(parts.count > 1 ? String(parts[1]) : nil, allowed: ["limit", "sort", "group"])
        _ = try? query?.number("limit", in: 1...1000, standard: 100)
        _ = try? query?.choice("sort", standard: ListOrder.resident)
        _ = query?.text("group")
        let path = String(parts[0])
        _ = APIRoute.get("/api/v1/groups/{group}/memory") { _, _ in throw APIError.notReady }.matches(path)
        _ = path.removingPercentEncoding
    }

    /// A value that any of the fields may have which the server reads.
    private static func parse(field value: String, of target: String) {
        _ = RequestHost(value)
        _ = AcceptedHosts(configured: [value], listening: [], hostName: value).accept(value)
        _ = BrowserProtection.isOrigin(value, of: target)
        _ = BasicCredentials(header: value)
        _ = AcceptEncoding(value)
        _ = ExpositionFormat(accept: value)
        _ = RequestIdentity.isHarmless(value)
    }
}
