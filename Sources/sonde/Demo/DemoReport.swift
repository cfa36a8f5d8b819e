import ProfileFormats
import Profiles
import SystemSupport

/// How a process's memory changed.
struct ResidentGrowth {
    let before: UInt64?
    let after: UInt64?
    let seconds: Double

    /// `nil` when one of the figures is missing.
    var text: String? {
        guard let before, let after, seconds > 0 else { return nil }
        let mebibytes = { (bytes: UInt64) in NumberText.decimal(Double(bytes) / 1_048_576, digits: 1) }
        let rate = (Double(after) - Double(before)) / 1_048_576 / seconds
        return "\(mebibytes(before)) MiB → \(mebibytes(after)) MiB in \(NumberText.decimal(seconds, digits: 0)) s, "
            + "\(NumberText.decimal(rate, digits: 2)) MiB/s"
    }
}

/// What `sonde demo` shows at its end.
struct DemoReport {
    private static let rows = 5
    private static let columns = 100

    let running: Profile
    let waiting: Profile
    let growth: ResidentGrowth

    var text: String {
        var parts = [
            "\nWhere the CPU time went (sonde record):\n\n"
                + TopTable(running, limit: Self.rows).text(columns: Self.columns),
            "\nIts hottest stacks:\n\n" + stacks(of: running) { _ in true },
            "\nWhat its threads wait for (sonde record --mode wall):\n\n" + stacks(of: waiting, isWaiting),
        ]
        if let growth = growth.text {
            parts.append("\nIts memory: \(growth). A server with steady load should not grow: this one leaks.\n")
        }
        parts.append(
            """

            Open sonde-demo.svg in a browser: the widest frames at the top use most of the CPU time.
              computeScore          is hot: every page computes the score of every product again
              queryInventory        is slow but uses no CPU time: only --mode wall shows it
              SessionCache.remember never removes a session: this is the leak


            """)
        return parts.joined()
    }

    /// Stacks that end in the kernel, waiting.
    private func isWaiting(_ frames: [Substring]) -> Bool {
        let calls = ["nanosleep", "poll", "futex", "accept", "read", "recv"]
        return frames.last.map { leaf in calls.contains { leaf.contains($0) } } ?? false
    }

    /// The heaviest stacks without their outermost frames, each with its share.
    private func stacks(of profile: Profile, _ isShown: ([Substring]) -> Bool) -> String {
        let lines = FoldedStacks(profile, grouping: .process).lines
        let total = lines.reduce(0.0) { $0 + Double($1.count) }
        var text = ""
        var left = Self.rows
        // Lines come sorted by name, and sorting is stable.
        for line in lines.sorted(by: { $0.count > $1.count }) where left > 0 {
            let frames = line.stack.split(separator: ";")
            guard isShown(frames) else { continue }
            let share = NumberText.percent(Double(line.count) / total)
            text += "  " + String(repeating: " ", count: max(0, 7 - share.count)) + share + "  "
            text += frames.suffix(4).joined(separator: " → ") + "\n"
            left -= 1
        }
        return text
    }
}
