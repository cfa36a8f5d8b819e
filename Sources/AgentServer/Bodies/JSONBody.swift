import Foundation
import HTTPTypes
import HostWatch
import Hummingbird

/// Writes bodies as JSON with keys in snake case and a stable order.
enum JSONBody {
    static func response(
        _ body: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = contentType
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: try bytes(of: body)))
    }

    static func bytes(of body: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(body))
    }

    static let contentType = "application/json"
}

/// A field that is written as `null` when it has no value, where Codable would leave it out.
@propertyWrapper
struct Nullable<Value: Encodable & Sendable>: Encodable, Sendable {
    var wrappedValue: Value?

    init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}

/// Why fields of a record are `null`: the field's name and `not_permitted`, `not_offered`, `not_read` or `not_yet`.
struct UnknownFields: Encodable, Sendable {
    private var reasons: [String: String] = [:]

    /// The value, or nothing and its reason kept.
    mutating func value<Value>(of known: Known<Value>, _ fields: String...) -> Value? {
        let reason: String
        switch known {
        case .value(let value): return value
        case .notPermitted: reason = "not_permitted"
        case .notOffered: reason = "not_offered"
        case .notRead: reason = "not_read"
        }
        for field in fields { reasons[field] = reason }
        return nil
    }

    /// The value, which only a second collection gives.
    mutating func rate(_ value: Double?, _ field: String) -> Double? {
        if let value = finite(value) { return value }
        reasons[field] = "not_yet"
        return nil
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(reasons)
    }
}

/// Nothing for what JSON has no number for.
func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
