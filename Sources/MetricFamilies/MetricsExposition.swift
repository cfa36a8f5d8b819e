/// Metric families as Prometheus reads them.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/ and the OpenMetrics specification, 1.0.0.
package struct MetricsExposition {
    private let format: ExpositionFormat
    private var bytes: [UInt8] = []
    private var labelValues = LabelValues()

    /// Families without samples are omitted.
    ///
    /// So are samples that no format can express: a counter that is negative or not a number, and a histogram whose counts
    /// don't belong to its bounds.
    package static func bytes(of families: [MetricFamily], in format: ExpositionFormat) -> [UInt8] {
        var exposition = MetricsExposition(format: format, lines: families.reduce(0) { $0 + $1.samples.count })
        for family in families { exposition.append(family) }
        if format == .openMetrics { exposition.append("# EOF\n") }
        return exposition.bytes
    }

    private init(format: ExpositionFormat, lines: Int) {
        self.format = format
        bytes.reserveCapacity(lines * 96)
    }

    private mutating func append(_ family: MetricFamily) {
        let samples = family.samples.filter { $0.canBeSaid(by: family.kind) }
        guard !samples.isEmpty else { return }
        let sampleName = family.kind == .counter ? family.name + "_total" : family.name
        // OpenMetrics names the family, the text format the series.
        appendHeader(family, name: format == .openMetrics ? family.name : sampleName)
        for sample in samples {
            switch sample.value {
            case .number(let value): appendLine(sampleName, sample.labels, value)
            case .histogram(let bounds, let counts, let sum):
                appendHistogram(family.name, sample.labels, bounds: bounds, counts: counts, sum: sum)
            }
        }
    }

    private mutating func appendHeader(_ family: MetricFamily, name: String) {
        append("# HELP ")
        append(name)
        append(" ")
        appendEscaped(family.help.utf8, quotes: format == .openMetrics)
        append("\n# TYPE ")
        append(name)
        append(" ")
        append(family.kind.rawValue)
        append("\n")
    }

    private mutating func appendHistogram(
        _ name: String, _ labels: [MetricLabel], bounds: [Double], counts: [UInt64], sum: Double
    ) {
        let bucket = name + "_bucket"
        var total: UInt64 = 0
        for (bound, count) in zip(bounds + [.infinity], counts) {
            total &+= count
            appendLine(bucket, labels, upTo: bound, Double(total))
        }
        appendLine(name + "_sum", labels, sum)
        appendLine(name + "_count", labels, Double(total))
    }

    private mutating func appendLine(
        _ name: String, _ labels: [MetricLabel], upTo bound: Double? = nil, _ value: Double
    ) {
        append(name)
        var separator = "{"
        for label in labels {
            append(separator)
            append(label.name)
            append("=\"")
            if LabelValues.isPlain(label.value) {
                append(label.value)
            } else {
                appendEscaped(labelValues.spelling(of: label.value), quotes: true)
            }
            append("\"")
            separator = ","
        }
        if let bound {
            append(separator)
            append("le=\"")
            // OpenMetrics wants `1.0`, the text format takes it too: so both name the same series.
            append(bound == .infinity ? "+Inf" : bound.description)
            append("\"")
        }
        append(labels.isEmpty && bound == nil ? " " : "} ")
        append(number: value)
        append("\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func appendEscaped(_ text: String.UTF8View, quotes: Bool) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: bytes.append(byte)
            }
        }
    }

    private mutating func append(number value: Double) {
        if let whole = Int64(exactly: value) {
            append(whole: whole)
        } else if value.isNaN {
            append("NaN")
        } else if value.isInfinite {
            append(value < 0 ? "-Inf" : "+Inf")
        } else {
            append(value.description)
        }
    }

    private mutating func append(whole value: Int64) {
        if value < 0 { append("-") }
        let start = bytes.count
        var rest = value.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}

extension MetricSample {
    fileprivate func canBeSaid(by kind: MetricFamily.Kind) -> Bool {
        switch (kind, value) {
        case (.gauge, .number): true
        case (.counter, .number(let value)): value >= 0 && value.isFinite
        case (.histogram, .histogram(let bounds, let counts, _)):
            counts.count == bounds.count + 1 && bounds.allSatisfy(\.isFinite)
                && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
        default: false
        }
    }
}
