import Agent
import Daemon
import Logging

/// Tells the service manager that the agent looks at the host, and what it sees, for as long as it does.
struct Watchdog {
    private let agent: Agent
    private let notifier: ServiceNotifier
    private let log: Logger

    /// `nil` where no service manager listens.
    init?(_ agent: Agent, _ notifier: ServiceNotifier?, _ log: Logger) {
        guard let notifier else { return nil }
        self.agent = agent
        self.notifier = notifier
        self.log = log
    }

    /// Until its task is cancelled.
    func run() async {
        let pause = Duration.seconds(notifier.watchdogInterval ?? 60)
        while (try? await Task.sleep(for: pause)) != nil {
            var states = [ServiceNotifier.State.status(agent.status)]
            if agent.isLooking { states.append(.watchdog) }
            AgentProgram.notify(states, notifier, log)
        }
    }
}
