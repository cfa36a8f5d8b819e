package import Alerting
import Dispatch
import Foundation
package import Logging
import Synchronization
import SystemSupport

/// Appends each event as one line of JSON (`AlertEventDocument`) to a file, which is made when it isn't there.
///
/// Nobody waits for the file: its disk may hang. What it doesn't take, or not soon enough, is counted.
package final class AlertLog: Sendable {
    private struct Output: ~Copyable {
        var path: String
        var file: OutputFile?
        var isFailing = false
        /// Whether a line was written in part only.
        var isLineOpen = false
    }

    private struct Lines {
        var pending = 0
        var unwritten: UInt64 = 0
        var isFull = false
    }

    private let identity: AgentIdentity
    private let logger: Logger
    private let maximumPending: Int
    /// Locked on the queue alone.
    private let output: Mutex<Output>
    private let lines = Mutex(Lines())
    private let queue = DispatchQueue(label: "sonde.alert-file")

    /// - Parameter maximumPending: Pending lines; more are dropped and counted.
    package init(path: String, identity: AgentIdentity, logger: Logger, maximumPending: Int = 5000) {
        self.identity = identity
        self.logger = logger
        self.maximumPending = maximumPending
        output = Mutex(Output(path: path))
    }

    /// Lines that could not be written.
    package var unwritten: UInt64 { lines.withLock { $0.unwritten } }

    /// Opens another file, or the same one again after it was moved (SIGHUP).
    package func reopen(_ path: String) {
        queue.async {
            self.output.withLock { output in
                output.file = nil
                output.path = path
            }
        }
    }

    package func write(_ events: [AlertEvent]) {
        guard !events.isEmpty else { return }
        let (room, isFirst) = lines.withLock { lines in
            let room = min(maximumPending - lines.pending, events.count)
            lines.pending += room
            lines.unwritten += UInt64(events.count - room)
            defer { lines.isFull = room < events.count }
            return (room, !lines.isFull && room < events.count)
        }
        if isFirst {
            logger.error("the alert file is too slow, or its disk hangs; lines are dropped")
        }
        queue.async {
            for event in events.prefix(room) { self.write(event) }
        }
    }

    /// Waits until all that was written before is in the file, or has failed.
    package func settle() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private func write(_ event: AlertEvent) {
        let line = AlertEventDocument(event, from: identity).json
        output.withLock { write(line, &$0) }
    }

    private func write(_ line: Data, _ output: inout Output) {
        var bytes = [UInt8](line) + [UInt8(ascii: "\n")]
        if output.isLineOpen { bytes.insert(UInt8(ascii: "\n"), at: 0) }
        let problem = Self.append(bytes, &output)
        let unwritten = lines.withLock { lines in
            lines.pending -= 1
            lines.unwritten += problem == nil ? 0 : 1
            return lines.unwritten
        }
        if let problem {
            if !output.isFailing {
                logger.error(
                    "the alert log can't be written", metadata: ["reason": "\(Self.reason(problem))"])
            }
        } else if output.isFailing {
            logger.notice("the alert log is written again", metadata: ["missing": "\(unwritten)"])
        }
        output.isFailing = problem != nil
    }

    /// An agent that has given up root's privileges can't make a file again that was moved out of a directory of root's.
    static func reason(_ problem: OutputError) -> String {
        guard problem.errno == EACCES else { return "\(problem)" }
        return "\(problem), have it made for user \(geteuid()) (logrotate: `create` or `copytruncate`), or restart the "
            + "agent, which makes it before it gives up root's privileges"
    }

    /// Never waits: a pipe that nobody reads must not hold up the agent.
    private static func append(_ bytes: [UInt8], _ output: inout Output) -> OutputError? {
        do throws(OutputError) {
            if output.file == nil { output.file = try OutputFile(appendingTo: output.path) }
            try output.file?.write(bytes)
            output.isLineOpen = false
            return nil
        } catch {
            if case .incomplete(_, _, let written) = error { output.isLineOpen = written > 0 }
            output.file = nil
            return error
        }
    }
}
