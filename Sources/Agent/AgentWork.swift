internal import AgentServer
internal import ServiceLifecycle
internal import Synchronization
internal import SystemSupport

/// Serves, delivers alerts and collects at each interval, until it is shut down gracefully: then all end at once.
///
/// One service, since a group of them would end one after the other.
struct AgentWork: Service {
    let server: WebServer
    let outlets: AlertOutlets
    let host: HostAgent
    let open = OpenWork()

    /// For a collection under way, which a process that keeps its mmap lock delays, and for what it found to be journaled.
    private static let collectionLimit = Duration.milliseconds(300)
    /// For pending notifications; webhooks' are in the journal, and Alertmanager gets what is active at the next start.
    private static let deliveryLimit = Duration.milliseconds(300)
    /// For the disk to take what is written already; without that the next start takes it over.
    private static let closingLimit = Duration.milliseconds(300)

    /// Throws when an address can't be listened at.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await open.track("server") { try await server.run() } }
            tasks.addTask { await open.track("deliveries") { await outlets.run() } }
            tasks.addTask { await collect() }
            // The first failure ends the others.
            for try await _ in tasks {}
        }
    }

    private func collect() async {
        let collections = Task { await open.track("collection") { await collectAtIntervals() } }
        // Cancelled: something else has failed.
        try? await gracefulShutdown()
        collections.cancel()
        _ = await isOver(within: Self.collectionLimit) {
            await collections.value
            await open.track("journal of deliveries") { await outlets.settle() }
        }
        async let deliveries: Void = outlets.shutdown(within: Self.deliveryLimit)
        async let file: Void = open.track("alert file") { await outlets.settleFile() }
        await open.track("store") { await host.flush() }
        _ = await isOver(within: Self.closingLimit) { await host.close() }
        _ = await (deliveries, file)
    }

    private func collectAtIntervals() async {
        let clock = SuspendingClock()
        var next = clock.now
        while !Task.isCancelled {
            next += .seconds(await host.interval)
            let isLate = next < clock.now
            // Missed collections are not caught up.
            if isLate { next = clock.now }
            guard (try? await clock.sleep(until: next)) != nil else { return }
            await host.collect(isLate: isLate)
        }
    }
}

/// The names of what is under way, for the log of an agent that can't wait for its end.
final class OpenWork: Sendable {
    private let open = Mutex<[String]>([])

    var names: [String] { open.withLock { $0 } }

    func track<Result>(_ name: String, _ work: () async throws -> Result) async rethrows -> Result {
        open.withLock { $0.append(name) }
        defer { open.withLock { open in open.removeAll { $0 == name } } }
        return try await work()
    }
}
