internal import Synchronization

/// What is under way, by name, to be told by an agent that can't wait for its end.
final class OpenWork: Sendable {
    private let open = Mutex<[String]>([])

    var names: [String] { open.withLock { $0 } }

    func track<Result>(_ name: String, _ work: () async throws -> Result) async rethrows -> Result {
        open.withLock { $0.append(name) }
        defer { open.withLock { open in open.removeAll { $0 == name } } }
        return try await work()
    }
}
