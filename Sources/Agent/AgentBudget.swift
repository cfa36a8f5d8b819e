internal import AgentConfiguration
internal import AgentState
internal import Daemon
internal import HostWatch

/// What is left out, step by step, to stay within the budget.
struct AgentBudget {
    private static let steps =
        [
            "proportional memory is not read", "connections are not counted", "disk I/O is not read",
            "descriptors are not counted",
        ] + slowdowns.map { "looks are \($0) times as far apart" }
    private static let slowdowns = [2, 4, 8]
    private var watch: BudgetWatch

    init(_ settings: BudgetSettings) { watch = BudgetWatch(settings, steps: Self.steps) }

    mutating func change(to settings: BudgetSettings) { watch.change(to: settings) }

    /// Returns whether more or less is left out now.
    mutating func note(_ usage: SelfUsage, lookCPUSeconds: Double, at monotonic: Double) -> Bool {
        watch.note(usage, lookCPUSeconds: lookCPUSeconds, at: monotonic)
    }

    var shedding: Shedding { Shedding(Shedding.inOrder.prefix(watch.level)) }

    /// How much further apart than configured looks are.
    var slowdown: Double {
        let step = watch.level - Shedding.inOrder.count
        return step > 0 ? Double(Self.slowdowns[min(step, Self.slowdowns.count) - 1]) : 1
    }

    /// In words.
    var shed: [String] { watch.shed }

    /// The same with a name for each; all steps that put looks further apart have one.
    var omissions: [AgentHealth.Degradation] {
        let names = Shedding.inOrder.flatMap(\.names) + Self.slowdowns.map { _ in "interval" }
        return zip(names, shed).map { AgentHealth.Degradation(name: $0, reason: $1) }
    }
}
