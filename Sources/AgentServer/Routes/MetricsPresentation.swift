package import AgentState
package import MetricFamilies

/// How a state becomes metrics; the server only sends them.
package struct MetricsPresentation: Sendable {
    /// Text, with so many of the processes that leak most by number.
    package typealias Exposition =
        @Sendable (AgentState, _ format: ExpositionFormat, _ leakingProcesses: Int) -> [UInt8]

    package let exposition: Exposition
    package let families: @Sendable (AgentState) -> [MetricFamily]

    package init(exposition: @escaping Exposition, families: @escaping @Sendable (AgentState) -> [MetricFamily]) {
        self.exposition = exposition
        self.families = families
    }
}
