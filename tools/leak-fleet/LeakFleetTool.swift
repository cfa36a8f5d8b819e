import Glibc
import LeakFleet

/// Prints how the leak alerts do on a simulated fleet, as its operators have them.
@main
enum LeakFleetTool {
    static func main() {
        var arguments = Arguments(CommandLine.arguments.dropFirst())
        var extent = FleetScore.Extent(services: 4, seed: 1)
        if let services = arguments.number("--services") { extent.services = Int(services) }
        if let seed = arguments.number("--seed") { extent.seed = UInt64(seed) }
        if let history = arguments.number("--history") { extent.history = history }
        if let days = arguments.number("--days") { extent.days = days }
        let (isTuning, isListed) = (arguments.flag("--tuning"), arguments.flag("--list"))
        guard arguments.isEmpty, extent.days > 0 else { usage() }

        let kinds = isTuning ? TuningFleet.all : HeldOutFleet.all
        let score = FleetScore(kinds, extent)
        print(
            "## \(isTuning ? "Tuning" : "Held-out") fleet: \(extent.services) services of each kind, seed \(extent.seed), "
                + "\(number(extent.days)) days after \(number(extent.history)) days of history\n")
        reportSound(score, kinds.filter { !$0.leaks })
        reportLeaks(score, kinds.filter(\.leaks))
        if isListed { list(score) }
    }

    private static func usage() -> Never {
        print(
            "usage: leak-fleet [--tuning] [--services COUNT] [--seed NUMBER] [--history DAYS] [--days DAYS] [--list]")
        exit(64)
    }

    private static func reportSound(_ score: FleetScore, _ kinds: [FleetKind]) {
        print("| Doesn't leak | false alerts | per 1,000 process-days | per 1,000 service-days |")
        print("| --- | --- | --- | --- |")
        for (name, score) in kinds.map({ ($0.name, score.of($0)) }) + [("**all**", score)] {
            let alerts = Double(score.falseAlerts)
            print(
                "| \(name) | \(score.falseAlerts) | \(number(alerts / score.processDays * 1000)) "
                    + "| \(number(alerts / score.serviceDays * 1000)) |")
        }
        print("\n\(number(score.processDays)) process-days\n")
    }

    private static func reportLeaks(_ score: FleetScore, _ kinds: [FleetKind]) {
        print(
            "| Leaks | would fill its limit in 25 days | in time | in 1 h | in 6 h | in 24 h | before the first kill | repeated |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for (name, score) in kinds.map({ ($0.name, score.of($0)) }) + [("**all**", score)] {
            let within = [1.0, 6, 24].map { String(score.leaks(alertedWithin: $0)) }.joined(separator: " | ")
            let kills = score.beforeKill
            print(
                "| \(name) | \(score.leaks.count) | \(score.leaksInTime) | \(within) | \(kills.alerted) of \(kills.all) "
                    + "| \(score.repeatedAlerts) |")
        }
        print("\nAn alert is active in \(number(score.activeShare * 100)) % of the time from the first one on.\n")
    }

    /// Lists the false alerts, and the leaks that were alerted too late.
    private static func list(_ score: FleetScore) {
        for run in score.runs {
            for notice in run.falseNotices {
                print("false: \(run.kind.name), after \(hours(notice.seconds)): \(notice.evidence)")
            }
            guard run.kind.leaks, run.matters, !run.isInTime else { continue }
            let first = run.trueNotices.first
            print(
                "late: \(run.kind.name), leaks after \(hours(run.onset)), shows after \(hours(run.shown)), "
                    + "fills in \(hours(run.fillTime)), due after \(hours(run.deadline)), alerted after "
                    + "\(hours(first?.seconds)): \(first?.evidence ?? "")")
        }
    }

    private static func hours(_ seconds: Double?) -> String { seconds.map { "\(number($0 / 3600)) h" } ?? "never" }

    /// With one decimal place.
    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let tenths = Int((value * 10).rounded())
        return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}

/// The words of the command line that are left.
private struct Arguments {
    private var words: [String]

    init(_ words: ArraySlice<String>) { self.words = Array(words) }

    var isEmpty: Bool { words.isEmpty }

    mutating func flag(_ name: String) -> Bool {
        guard let place = words.firstIndex(of: name) else { return false }
        words.remove(at: place)
        return true
    }

    /// The number after a name, at least zero; a word that is none is left.
    mutating func number(_ name: String) -> Double? {
        guard let place = words.firstIndex(of: name), place + 1 < words.count, let value = Double(words[place + 1]),
            (0...1e9).contains(value)
        else { return nil }
        words.removeSubrange(place...(place + 1))
        return value
    }
}
