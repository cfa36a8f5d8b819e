/// The two texts in which Prometheus reads metrics.
package enum ExpositionFormat: Sendable {
    /// Prometheus' text format 0.0.4, which everything reads.
    case text
    /// OpenMetrics 1.0, for whoever asks for it.
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
