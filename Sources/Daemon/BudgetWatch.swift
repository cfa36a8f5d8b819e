package import AgentConfiguration
internal import SystemSupport

/// Decides how far the agent's work is degraded, from what it uses: before the budget is exceeded, not after.
///
/// One step up as long as use is at 80 % of the budget or more, two at once from 100 % on; one step down once use has stayed
/// below 60 % for five minutes. Between steps it waits until the effect of the last one shows in the average.
package struct BudgetWatch: Sendable {
    private struct Reading {
        let time: Double
        let cpuSeconds: Double
        /// Of these, what collections took.
        let collectionCPUSeconds: Double
    }

    private static let raisingShare = 0.8
    private static let loweringShare = 0.6
    /// Seconds over which the CPU share is averaged, and between two steps up.
    private static let window = 60.0
    private static let calmTime = 300.0

    /// How many of the steps are in force.
    package private(set) var level = 0
    /// What exceeds its share of the budget, in words; `nil` while nothing is degraded.
    package private(set) var reason: String?
    private let steps: [String]
    private var budget: BudgetSettings
    private var readings: [Reading] = []
    private var lastStep = -Double.infinity
    private var calmSince: Double?

    /// `steps` says in words what each level disables beside those before it, the least useful first, such as
    /// `proportional memory is not read`.
    package init(_ budget: BudgetSettings, steps: [String]) {
        self.budget = budget
        self.steps = steps
    }

    package mutating func change(to budget: BudgetSettings) { self.budget = budget }

    /// Of one CPU, over the last minute; `nil` until the readings cover half of it.
    package var cpuShare: Double? { share(\.cpuSeconds) }

    private func share(_ seconds: KeyPath<Reading, Double>) -> Double? {
        guard let first = readings.first, let last = readings.last, last.time - first.time >= Self.window / 2 else {
            return nil
        }
        return (last[keyPath: seconds] - first[keyPath: seconds]) / (last.time - first.time)
    }

    /// What is degraded, in words; empty while nothing is.
    package var degraded: [String] {
        guard let reason else { return [] }
        return steps.prefix(level).map { "\($0): \(reason)" }
    }

    /// Takes a reading at a monotonic time in seconds; returns whether the level changed.
    ///
    /// `collectionCPUSeconds` are those of all collections: degrading lowers them, and little else, so that the reason names
    /// their part.
    package mutating func note(_ usage: SelfUsage, collectionCPUSeconds: Double, at time: Double) -> Bool {
        note(
            cpuSeconds: usage.cpuSeconds, collectionCPUSeconds: collectionCPUSeconds,
            residentBytes: usage.residentBytes, at: time)
    }

    package mutating func note(
        cpuSeconds: Double, collectionCPUSeconds: Double, residentBytes: UInt64, at time: Double
    ) -> Bool {
        // A clock that went back, or a machine that stood still: what was read before says nothing about now.
        if let last = readings.last, time < last.time || time - last.time > 2 * Self.window { readings.removeAll() }
        readings.append(Reading(time: time, cpuSeconds: cpuSeconds, collectionCPUSeconds: collectionCPUSeconds))
        while readings.count > 2, time - readings[1].time >= Self.window { readings.removeFirst() }
        let before = level
        step(residentBytes, at: time)
        return level != before
    }

    private mutating func step(_ residentBytes: UInt64, at time: Double) {
        let memory = Double(residentBytes) / Double(max(1, budget.residentBytes))
        let cpu = (cpuShare ?? 0) / max(0.000_1, budget.cpuShare)
        let use = max(memory, cpu)
        if use >= Self.raisingShare {
            calmSince = nil
            guard level < steps.count, time - lastStep >= Self.window else { return }
            level = min(steps.count, level + (use >= 1 ? 2 : 1))
            reason = memory >= cpu ? memoryText(residentBytes) : cpuText()
            lastStep = time
        } else if use < Self.loweringShare {
            let start = calmSince ?? time
            calmSince = start
            guard level > 0, time - max(start, lastStep) >= Self.calmTime else { return }
            level -= 1
            lastStep = time
            if level == 0 { reason = nil }
        } else {
            calmSince = nil
        }
    }

    private func memoryText(_ bytes: UInt64) -> String {
        "\(bytes >> 20) MiB of memory are in use, the budget is \(budget.residentBytes >> 20) MiB"
    }

    private func cpuText() -> String {
        // A total that was set back says nothing.
        let collections = share(\.collectionCPUSeconds).flatMap {
            $0 >= 0 ? ", \(NumberText.percent($0)) by collections" : nil
        }
        return "\(NumberText.percent(cpuShare ?? 0)) of a CPU is in use\(collections ?? ""); the budget is "
            + NumberText.percent(budget.cpuShare)
    }
}
