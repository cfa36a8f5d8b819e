import MetricFamilies

/// `/metrics/summary`: the metric families as an object, by name.
struct SummaryBody: Encodable, Sendable {
    struct Family: Encodable, Sendable {
        let type: String
        let help: String
        let samples: [Sample]
    }

    struct Sample: Encodable, Sendable {
        let labels: [String: String]
        /// `null` for a histogram, and for what is not a number.
        @Nullable var value: Double?
        /// `null` but for a histogram.
        @Nullable var histogram: Histogram?
    }

    struct Histogram: Encodable, Sendable {
        let bounds: [Double]
        /// Of each bucket, not cumulative; the last one has no upper bound.
        let counts: [UInt64]
        @Nullable var sum: Double?
    }

    let timestamp: Double
    let metrics: [String: Family]

    init(timestamp: Double, families: [MetricFamily]) {
        self.timestamp = timestamp
        let bodies = families.map { family in
            (
                family.name,
                Family(type: family.kind.rawValue, help: family.help, samples: family.samples.map(Sample.init))
            )
        }
        metrics = Dictionary(bodies, uniquingKeysWith: { first, _ in first })
    }
}

extension SummaryBody.Sample {
    fileprivate init(_ sample: MetricSample) {
        labels = Dictionary(sample.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        switch sample.value {
        case .number(let number):
            value = finite(number)
            histogram = nil
        case .histogram(let bounds, let counts, let sum):
            value = nil
            histogram = SummaryBody.Histogram(bounds: bounds, counts: counts, sum: finite(sum))
        }
    }
}
