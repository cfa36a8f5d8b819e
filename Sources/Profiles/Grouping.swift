package import ProfileModel

/// What the outermost row of every stack stands for.
package enum Grouping: Hashable, Sendable, CaseIterable {
    /// `comm`: processes of one name share a row.
    case process
    /// `comm-PID`
    case processWithID
    /// `comm-PID/TID`, with the thread's own `comm`.
    case thread

    /// The name of the row that a thread's stacks stand on.
    package func rowName(for thread: ThreadIdentity) -> String {
        switch self {
        case .process: thread.processName
        case .processWithID: "\(thread.processName)-\(thread.process)"
        case .thread: "\(thread.name)-\(thread.process)/\(thread.thread)"
        }
    }
}
