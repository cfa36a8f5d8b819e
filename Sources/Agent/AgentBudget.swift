internal import AgentConfiguration
internal import AgentState
internal import Daemon
internal import HostWatch

/// What is degraded, step by step, to stay within the budget.
struct AgentBudget {
    private static let steps =
        [
            "proportional memory is not read", "connections are not counted", "disk I/O is not read",
            "descriptors are not counted",
        ] + slowdowns.map { "the interval between collections is \($0) times as long" }
    private static let slowdowns = [2, 4, 8]
    private var watch: BudgetWatch

    init(_ settings: BudgetSettings) { watch = BudgetWatch(settings, steps: Self.steps) }

    mutating func change(to settings: BudgetSettings) { watch.change(to: settings) }

    /// Returns whether more or less is degraded now.
    mutating func note(_ usage: SelfUsage, collectionCPUSeconds: Double, at monotonic: Double) -> Bool {
        watch.note(usage, collectionCPUSeconds: collectionCPUSeconds, at: monotonic)
    }

    var degradation: Degradation { Degradation(Degradation.inOrder.prefix(watch.level)) }

    /// How many times longer than configured the interval between collections is.
    var slowdown: Double {
        let step = watch.level - Degradation.inOrder.count
        return step > 0 ? Double(Self.slowdowns[min(step, Self.slowdowns.count) - 1]) : 1
    }

    /// In words.
    var degraded: [String] { watch.degraded }

    /// The same with a name for each; all steps that make the interval longer have one.
    var degradations: [AgentHealth.Degradation] {
        let names = Degradation.inOrder.flatMap(\.names) + Self.slowdowns.map { _ in "interval" }
        return zip(names, degraded).map { AgentHealth.Degradation(name: $0, reason: $1) }
    }
}
