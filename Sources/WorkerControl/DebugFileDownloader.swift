package import ProfileModel
internal import Synchronization
package import SystemSupport

/// Asks servers for debug files that no directory has.
package protocol DebugFileDownloader: Sendable {
    /// The debug file of a build-id, open for reading; waits until it has come. `nil` where there is none.
    ///
    /// Whatever a server sends, its receiver checks that it has the build-id.
    ///
    /// - Parameter path: of the object file whose debug information it belongs to.
    func debugFile(of id: BuildID, for path: String) -> OwnedDescriptor?

    /// What came for a build-id is none of its debug files, and was not used.
    func reject(_ id: BuildID, for path: String)
}

/// A clock that stands still while files are downloaded: the worker can do nothing meanwhile.
final class WorkClock: Sendable {
    private let stopped = Atomic<UInt64>(0)

    var now: MonotonicTime {
        let now = MonotonicTime.now.nanoseconds
        return MonotonicTime(nanoseconds: now - min(now, stopped.load(ordering: .relaxed)))
    }

    /// Stops the clock meanwhile.
    func standStill<Value: ~Copyable>(during body: () -> Value) -> Value {
        let start = MonotonicTime.now
        defer { stopped.add(MonotonicTime.now.since(start), ordering: .relaxed) }
        return body()
    }
}
