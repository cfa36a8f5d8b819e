package import AgentState
package import MetricFamilies

/// How a state becomes metrics; the server only sends them.
package struct MetricsPresentation: Sendable {
    /// Text by the `Accept` header.
    package let exposition: @Sendable (AgentState, _ accept: String?) -> (body: [UInt8], contentType: String)
    package let families: @Sendable (AgentState) -> [MetricFamily]

    package init(
        exposition: @escaping @Sendable (AgentState, _ accept: String?) -> (body: [UInt8], contentType: String),
        families: @escaping @Sendable (AgentState) -> [MetricFamily]
    ) {
        self.exposition = exposition
        self.families = families
    }
}
