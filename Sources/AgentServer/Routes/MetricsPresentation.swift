package import AgentState
package import MetricFamilies

/// How a state becomes metrics; the server only sends them.
package struct MetricsPresentation: Sendable {
    /// Text by the `Accept` header, with so many of the processes that leak most by number.
    package typealias Exposition =
        @Sendable (AgentState, _ accept: String?, _ leakingProcesses: Int) -> (
            body: [UInt8], contentType: String
        )

    package let exposition: Exposition
    package let families: @Sendable (AgentState) -> [MetricFamily]

    package init(exposition: @escaping Exposition, families: @escaping @Sendable (AgentState) -> [MetricFamily]) {
        self.exposition = exposition
        self.families = families
    }
}
