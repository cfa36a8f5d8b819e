package import Alerting
import Foundation
package import Logging
import Synchronization

/// Writes each event as one line of JSON (`AlertEventDocument`) to standard error or to a file.
package final class AlertLog: Sendable {
    package enum Target: Equatable, Sendable {
        /// Where systemd's journal takes it from.
        case standardError
        /// Appended to; made when it isn't there.
        case file(String)
    }

    private struct State {
        var target: Target
        var descriptor: CInt?
        var isFailing = false
        /// Whether a line was written in part only.
        var isLineOpen = false
        var unwritten: UInt64 = 0
    }

    private let identity: AgentIdentity
    private let logger: Logger
    private let state: Mutex<State>

    package init(_ target: Target, identity: AgentIdentity, logger: Logger) {
        self.identity = identity
        self.logger = logger
        state = Mutex(State(target: target))
    }

    deinit { state.withLock { Self.close(&$0) } }

    /// Lines that could not be written.
    package var unwritten: UInt64 { state.withLock { $0.unwritten } }

    /// Takes another target, or the same one anew after its file was moved away (SIGHUP).
    package func reopen(_ target: Target) {
        state.withLock { state in
            Self.close(&state)
            state.target = target
        }
    }

    package func write(_ events: [AlertEvent]) {
        for event in events {
            let line = AlertEventDocument(event, from: identity).json
            state.withLock { write(line, &$0) }
        }
    }

    private func write(_ line: Data, _ state: inout State) {
        var bytes = [UInt8](line) + [UInt8(ascii: "\n")]
        if state.isLineOpen { bytes.insert(UInt8(ascii: "\n"), at: 0) }
        let problem = Self.open(&state) ?? Self.append(bytes, &state)
        if let problem {
            state.unwritten += 1
            if !state.isFailing {
                logger.error(
                    "the alert log can't be written", metadata: ["reason": "\(problem.reason)"])
            }
        } else if state.isFailing {
            logger.notice("the alert log is written again", metadata: ["missing": "\(state.unwritten)"])
        }
        state.isFailing = problem != nil
    }

    private static func open(_ state: inout State) -> FileProblem? {
        guard state.descriptor == nil else { return nil }
        switch state.target {
        case .standardError: state.descriptor = STDERR_FILENO
        case .file(let path):
            // A FIFO that nobody reads must not hold the agent up.
            // Safe: the path outlives the call.
            let descriptor = unsafe Glibc.open(
                path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
            guard descriptor >= 0 else { return FileProblem("open", errno) }
            state.descriptor = descriptor
        }
        return nil
    }

    private static func append(_ bytes: [UInt8], _ state: inout State) -> FileProblem? {
        guard let descriptor = state.descriptor else { return FileProblem("write", EBADF) }
        let (rest, problem) = AlertDelivery.write(bytes, to: descriptor)
        guard problem == nil else {
            state.isLineOpen = rest < bytes.count
            close(&state)
            return problem
        }
        state.isLineOpen = false
        return nil
    }

    private static func close(_ state: inout State) {
        if let descriptor = state.descriptor, descriptor != STDERR_FILENO { _ = Glibc.close(descriptor) }
        state.descriptor = nil
    }
}
