internal import ProfileModel
internal import SystemSupport

/// Sleeping threads of one process whose stacks can't be followed without all registers, until they are stopped once.
///
/// Belongs to the sampler's thread.
struct IncompleteSleeps {
    /// So many threads are stopped at one tick at most: the others that sleep are not in a hurry, those that run are.
    private static let stopsAtOnce = 16

    private var waiting: [ThreadID: MonotonicTime] = [:]

    /// Has the next of them polled in this tick; those that have woken up since are discarded.
    mutating func request(from tracker: ThreadTracker, of context: ProcessContext) {
        waiting.merge(context.takeIncompleteSleeps()) { $1 }
        var requested = 0
        for (thread, time) in waiting {
            guard requested < Self.stopsAtOnce else { return }
            waiting[thread] = nil
            requested += tracker.requestStop(of: thread, ifReadAt: time) ? 1 : 0
        }
    }
}
