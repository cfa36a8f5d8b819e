/// A metric with its samples: what `HELP`, `TYPE` and the lines after them say.
///
/// Prometheus, "Exposition formats"; OpenMetrics 1.0.
package struct MetricFamily: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    /// Without `_total`, which the exposition adds to counters.
    package let name: String
    package let help: String
    package let kind: Kind
    package var samples: [MetricSample]

    package init(name: String, help: String, kind: Kind, samples: [MetricSample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }
}

package struct MetricSample: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case number(Double)
        /// `bounds` ascend and leave out +Inf; `counts` has one more entry, not cumulative.
        case histogram(bounds: [Double], counts: [UInt64], sum: Double)
    }

    package var labels: [MetricLabel]
    package var value: Value

    package init(_ value: Double, _ labels: [MetricLabel] = []) {
        self.labels = labels
        self.value = .number(value)
    }

    package init(labels: [MetricLabel], value: Value) {
        self.labels = labels
        self.value = value
    }
}

package struct MetricLabel: Hashable, Sendable {
    /// `[a-zA-Z_][a-zA-Z0-9_]*`, chosen by Sonde.
    package let name: String
    /// Any text: the exposition makes it valid, bounds its length and escapes it.
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
