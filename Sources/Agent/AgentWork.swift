internal import AgentServer
internal import ServiceLifecycle
internal import SystemSupport

/// Serves, delivers alerts and looks at the host at each interval, until it is shut down gracefully: then all end at once.
///
/// One service, since a group of them would end one after the other.
struct AgentWork: Service {
    let server: WebServer
    let outlets: AlertOutlets
    let host: HostAgent
    let open = OpenWork()

    /// For a look under way, which a process that keeps its mmap lock holds up, and for what it found to be journaled.
    private static let lookLimit = Duration.milliseconds(300)
    /// For alerts that wait; webhooks' are in the journal, and Alertmanager is told what is active at the next start.
    private static let deliveryLimit = Duration.milliseconds(300)
    /// For the disk to take what is written already; without that the next start takes it over.
    private static let closingLimit = Duration.milliseconds(300)

    /// Throws when an address can't be listened at.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await open.track("server") { try await server.run() } }
            tasks.addTask { await open.track("deliveries") { await outlets.run() } }
            tasks.addTask { await look() }
            // The first failure ends the others.
            for try await _ in tasks {}
        }
    }

    private func look() async {
        let looks = Task { await open.track("look") { await lookAtIntervals() } }
        // Cancelled: something else has failed.
        try? await gracefulShutdown()
        looks.cancel()
        _ = await isOver(within: Self.lookLimit) {
            await looks.value
            await open.track("journal of deliveries") { await outlets.settle() }
        }
        async let deliveries: Void = outlets.shutdown(within: Self.deliveryLimit)
        async let file: Void = open.track("alert file") { await outlets.settleFile() }
        await open.track("store") { await host.flush() }
        _ = await isOver(within: Self.closingLimit) { await host.close() }
        _ = await (deliveries, file)
    }

    private func lookAtIntervals() async {
        let clock = SuspendingClock()
        var next = clock.now
        while !Task.isCancelled {
            next += .seconds(await host.interval)
            let isLate = next < clock.now
            // What was missed is not made up for.
            if isLate { next = clock.now }
            guard (try? await clock.sleep(until: next)) != nil else { return }
            await host.look(isLate: isLate)
        }
    }
}
