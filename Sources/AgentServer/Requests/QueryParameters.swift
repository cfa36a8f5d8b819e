import Foundation

/// The query of a request: only parameters that the route knows, each once and valid.
struct QueryParameters {
    private var values: [String: String] = [:]

    init(_ query: String?, allowed: [String]) throws(APIError) {
        for part in (query ?? "").split(separator: "&", omittingEmptySubsequences: true) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(pair[0]), let value = Self.decoded(pair.count > 1 ? pair[1] : "") else {
                throw .badRequest("invalid_query", "the query is not percent-encoded UTF-8")
            }
            guard allowed.contains(name) else {
                let known = allowed.isEmpty ? "it has none" : "it has \(allowed.joined(separator: ", "))"
                throw .badRequest("unknown_parameter", "this route has no such query parameter: \(known)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .badRequest("invalid_parameter", "\(name) is given twice")
            }
        }
    }

    func text(_ name: String) -> String? { values[name] }

    func number(_ name: String, in range: ClosedRange<Int>, standard: Int) throws(APIError) -> Int {
        guard let value = values[name] else { return standard }
        let digits = value.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard digits, let number = Int(value), range.contains(number) else {
            throw .badRequest(
                "invalid_parameter", "\(name) has to be a number of \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, standard: Choice
    ) throws(APIError) -> Choice {
        guard let value = values[name] else { return standard }
        guard let choice = Choice(rawValue: value) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest("invalid_parameter", "\(name) has to be one of \(words)")
        }
        return choice
    }

    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}
