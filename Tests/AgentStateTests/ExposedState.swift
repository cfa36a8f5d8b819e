import AgentState
import Foundation
import MetricFamilies
import Synchronization
import TestSupport

/// Something that a test switches on once.
final class TestSwitch: Sendable {
    private let state = Atomic(false)

    var isOn: Bool { state.load(ordering: .relaxed) }

    func turnOn() { state.store(true, ordering: .relaxed) }
}

/// All families of a state, those included that are only there on request.
func families(of state: AgentState) -> [MetricFamily] {
    state.metricFamilies(leakingProcesses: 10, lastScrape: 0.002)
}

/// Serves a state as the agent does: in the format that the client asks for, or in one whatever it asks for.
func exposed(_ state: AgentState, only format: ExpositionFormat? = nil) throws -> HTTPResponder {
    let families = families(of: state)
    return try HTTPResponder { request in
        answer(families, in: format ?? ExpositionFormat(accept: request.headers["accept"]))
    }
}

func answer(_ families: [MetricFamily], in format: ExpositionFormat) -> HTTPResponse {
    HTTPResponse(
        status: 200, headers: ["content-type": format.contentType],
        body: Data(MetricsExposition.bytes(of: families, in: format)))
}
