/// The two texts in which Prometheus reads metrics.
package enum ExpositionFormat: Sendable {
    /// Prometheus' text format 0.0.4, which everything reads.
    case text
    /// OpenMetrics 1.0, for clients that ask for it.
    case openMetrics

    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What a client wants that sent this `Accept` header (several of them joined by commas), RFC 9110, section 12.5.1.
    ///
    /// OpenMetrics when it is named and wanted at least as much as text; text otherwise, also for a client that takes
    /// neither, since an answer that it may read is worth more to a person than an error.
    package init(accept header: String?) {
        let wishes = AcceptHeader(header ?? "")
        let openMetrics = wishes.wish(type: "application", subtype: "openmetrics-text", version: "1.0.0")
        let text = wishes.wish(type: "text", subtype: "plain", version: "0.0.4")
        let isNamed = openMetrics.precision == .exact && openMetrics.quality > 0
        self = isNamed && openMetrics.quality >= text.quality ? .openMetrics : .text
    }
}

/// The media ranges of an `Accept` header: what is malformed is left out, and what is too long is not read.
struct AcceptHeader {
    enum Precision: Comparable {
        case none, anything, anySubtype, exact
    }

    /// How much a media type is wanted, by the most precise range that it fits.
    struct Wish: Equatable {
        var precision = Precision.none
        /// 0 (not at all) to 1.
        var quality = 0.0
    }

    static let maximumBytes = 4096

    private let ranges: [MediaRange]

    init(_ header: String) {
        let bytes = header.utf8.prefix(Self.maximumBytes)
        ranges = bytes.split(separator: UInt8(ascii: ",")).compactMap { MediaRange(Substring($0)) }
    }

    /// A range that asks for another version than `version` asks for something else.
    func wish(type: String, subtype: String, version: String) -> Wish {
        var best = Wish()
        for range in ranges where range.version == nil || range.version == version {
            let precision = range.precision(type: type, subtype: subtype)
            guard precision > .none else { continue }
            if precision > best.precision || precision == best.precision && range.quality > best.quality {
                best = Wish(precision: precision, quality: range.quality)
            }
        }
        return best
    }
}

/// One range such as `text/plain; version=0.0.4; q=0.5`.
private struct MediaRange {
    private let type: String
    private let subtype: String
    private(set) var version: String?
    private(set) var quality = 1.0

    init?(_ text: Substring) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let names = parts[0].trimmed.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else { return nil }
        (type, subtype) = (String(names[0]), String(names[1]))
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            let value = pair[1].trimmed.unquoted
            switch pair[0].trimmed.lowercased() {
            case "version": version = String(value)
            case "q":
                guard let quality = QualityValue.parse(value) else { return nil }
                self.quality = quality
            default: break
            }
        }
    }

    func precision(type: String, subtype: String) -> AcceptHeader.Precision {
        switch (self.type, self.subtype) {
        case (type, subtype): .exact
        case (type, "*"): .anySubtype
        case ("*", "*"): .anything
        default: .none
        }
    }
}

extension Substring {
    fileprivate var unquoted: Substring {
        count >= 2 && first == "\"" && last == "\"" ? dropFirst().dropLast() : self
    }
}

/// The weight that a client gives to one of several forms of an answer, RFC 9110, section 12.4.2.
package enum QualityValue {
    /// `0`, `1`, or with up to three decimals; `nil` for all else.
    package static func parse(_ text: Substring) -> Double? {
        let isPlain = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard isPlain, text.utf8.count <= 5, let quality = Double(text), quality <= 1 else { return nil }
        return quality
    }
}

extension Substring {
    /// Without blanks and tabs around it.
    package var trimmed: Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return self[first...last]
    }
}
