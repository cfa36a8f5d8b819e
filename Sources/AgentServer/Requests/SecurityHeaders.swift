import HTTPTypes
import Hummingbird

/// The header fields that every response has; the web configuration may set more, or others.
enum SecurityHeaders {
    static let fields: HTTPFields = [
        .xContentTypeOptions: "nosniff",
        .cacheControl: "no-store",
        .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ]

    static func add(_ configured: [String: String], to headers: inout HTTPFields) {
        for field in fields where headers[field.name] == nil { headers[field.name] = field.value }
        for (name, value) in configured {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
    }
}
