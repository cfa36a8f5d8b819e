internal import Logging
internal import ServiceLifecycle

/// Looks at the host at each interval.
struct LookService: Service {
    let host: HostAgent

    func run() async throws {
        await cancelWhenGracefulShutdown { await loop() }
        await host.finish()
    }

    private func loop() async {
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

/// Delivers alerts.
struct DeliveryService: Service {
    let outlets: AlertOutlets

    func run() async {
        await withGracefulShutdownHandler {
            await outlets.run()
        } onGracefulShutdown: {
            Task { await outlets.shutdown() }
        }
    }
}
