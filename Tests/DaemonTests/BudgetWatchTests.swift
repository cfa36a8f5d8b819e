import AgentConfiguration
import Daemon
import Testing

/// When work is degraded, and when it is resumed.
@Suite struct BudgetWatchTests {
    private static let steps = ["a is not read", "b is not read", "c is not read"]

    private static func watch() -> BudgetWatch {
        var budget = BudgetSettings()
        budget.cpuShare = 0.05
        budget.residentBytes = 100 << 20
        return BudgetWatch(budget, steps: steps)
    }

    /// Feeds a reading every 5 s; returns the level after each.
    private static func levels(
        _ watch: inout BudgetWatch, from start: Double, for seconds: Double, cpu: Double, megabytes: UInt64 = 10,
        total: inout Double
    ) -> [Int] {
        stride(from: start, to: start + seconds, by: 5).map { time in
            total += cpu * 5
            _ = watch.note(cpuSeconds: total, collectionCPUSeconds: total / 4, residentBytes: megabytes << 20, at: time)
            return watch.level
        }
    }

    @Test func `Nothing is degraded below 80 percent`() {
        var (watch, total) = (Self.watch(), 0.0)
        let levels = Self.levels(&watch, from: 0, for: 3600, cpu: 0.039, megabytes: 79, total: &total)
        #expect(levels.allSatisfy { $0 == 0 } && watch.degraded.isEmpty)
    }

    @Test func `Work is degraded before the budget is exceeded, step by step, and says why`() {
        var (watch, total) = (Self.watch(), 0.0)
        let levels = Self.levels(&watch, from: 0, for: 600, cpu: 0.042, total: &total)
        #expect(Set(levels) == [0, 1, 2, 3])
        #expect(levels == levels.sorted())
        #expect(watch.degraded.count == 3)
        let reason = "4.2 % of a CPU is in use, 1.1 % by collections; the budget is 5.0 %"
        #expect(watch.degraded.first == "a is not read: \(reason)")
        // Each step has a minute to take effect.
        let first = levels.firstIndex(of: 1) ?? 0
        #expect((levels.firstIndex(of: 2) ?? 0) - first >= 12)
    }

    @Test func `The reason doesn't name the part of collections when their total was set back`() {
        var watch = Self.watch()
        for second in stride(from: 0.0, through: 60, by: 5) {
            _ = watch.note(
                cpuSeconds: second * 0.042, collectionCPUSeconds: second < 30 ? 100 + second * 0.01 : second * 0.01,
                residentBytes: 0, at: second)
        }
        #expect(watch.reason == "4.2 % of a CPU is in use; the budget is 5.0 %")
    }

    @Test func `Far beyond the budget it takes two steps at once`() {
        var (watch, total) = (Self.watch(), 0.0)
        let levels = Self.levels(&watch, from: 0, for: 60, cpu: 0.01, megabytes: 150, total: &total)
        #expect(levels.first == 2)
        #expect(watch.reason == "150 MiB of memory are in use, the budget is 100 MiB")
    }

    @Test func `Work is resumed after a calm time, and not at the first sign of it`() {
        var (watch, total) = (Self.watch(), 0.0)
        _ = Self.levels(&watch, from: 0, for: 600, cpu: 0.05, total: &total)
        #expect(watch.level == 3)
        let between = Self.levels(&watch, from: 600, for: 3600, cpu: 0.035, total: &total)
        #expect(between.allSatisfy { $0 == 3 })
        let calm = Self.levels(&watch, from: 4200, for: 1500, cpu: 0.01, total: &total)
        #expect(calm == calm.sorted(by: >) && calm.last == 0 && watch.reason == nil)
        #expect(calm.prefix(60).allSatisfy { $0 == 3 })
    }

    @Test func `A short burst is averaged out`() {
        var (watch, total) = (Self.watch(), 0.0)
        _ = Self.levels(&watch, from: 0, for: 120, cpu: 0.01, total: &total)
        _ = Self.levels(&watch, from: 120, for: 10, cpu: 0.1, total: &total)
        #expect(watch.level == 0)
    }

    @Test func `A machine that stood still says nothing about now`() {
        var (watch, total) = (Self.watch(), 0.0)
        _ = Self.levels(&watch, from: 0, for: 120, cpu: 0.01, total: &total)
        _ = watch.note(cpuSeconds: total + 50, collectionCPUSeconds: 0, residentBytes: 0, at: 10_000)
        #expect(watch.cpuShare == nil && watch.level == 0)
        _ = watch.note(cpuSeconds: total, collectionCPUSeconds: 0, residentBytes: 0, at: 500)
        #expect(watch.cpuShare == nil)
    }

    @Test func `Another budget counts from the next reading on`() {
        var (watch, total) = (Self.watch(), 0.0)
        _ = Self.levels(&watch, from: 0, for: 120, cpu: 0.03, total: &total)
        #expect(watch.level == 0)
        var small = BudgetSettings()
        small.cpuShare = 0.02
        watch.change(to: small)
        _ = Self.levels(&watch, from: 120, for: 5, cpu: 0.03, total: &total)
        #expect(watch.level == 2 && watch.degraded.count == 2)
    }
}
