import Foundation

/// One series of a query's result.
package struct PrometheusSample: Sendable {
    package let labels: [String: String]
    package let value: Double
}

/// Prometheus refused an expression.
package struct PrometheusQueryError: Error, CustomStringConvertible {
    package let expression: String
    package let reason: String
    package var description: String { "\(expression): \(reason)" }
}

/// What `/api/v1/query` answers.
struct PrometheusAnswer: Decodable {
    private struct Result: Decodable {
        let samples: [PrometheusSample]

        private enum Key: CodingKey { case resultType, result }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            if try container.decode(String.self, forKey: .resultType) == "scalar" {
                let point = try container.decode(Point.self, forKey: .result)
                samples = [PrometheusSample(labels: [:], value: point.value)]
            } else {
                let series = try container.decode([Series].self, forKey: .result)
                samples = series.compactMap { series in
                    let point = series.value ?? series.values?.last
                    return point.map { PrometheusSample(labels: series.metric, value: $0.value) }
                }
            }
        }
    }

    private struct Series: Decodable {
        let metric: [String: String]
        let value: Point?
        let values: [Point]?
    }

    /// `[seconds, "value"]`.
    private struct Point: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            _ = try container.decode(Double.self)
            let text = try container.decode(String.self)
            guard let value = Double(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: text)
            }
            self.value = value
        }
    }

    private let data: Result?
    private let error: String?

    func samples(of expression: String) throws -> [PrometheusSample] {
        guard let data else { throw PrometheusQueryError(expression: expression, reason: error ?? "no data") }
        return data.samples
    }
}
