import Glibc
import MemoryTrends
import TrendFamilies

/// Prints how the leak verdict does on synthetic families: `trend-families [SERIES] [SEED] [READINGS]`.
@main
enum TrendFamiliesTool {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst().map { Int($0) }
        guard arguments.count <= 3, arguments.allSatisfy({ $0 ?? 0 > 0 }) else {
            print("usage: trend-families [SERIES PER FAMILY] [SEED] [READINGS PER SERIES]")
            exit(64)
        }
        let count = arguments.first.flatMap { $0 } ?? 200
        let seed = UInt64(arguments.dropFirst().first.flatMap { $0 } ?? 2)
        let readings = arguments.dropFirst(2).first.flatMap { $0 } ?? TrendFamily.readings
        show("Tuning families", TuningFamilies.all, seed: seed, count: count, readings: readings)
        show("Held-out families", HeldOutFamilies.all, seed: seed, count: count, readings: readings)
    }

    private static func show(
        _ title: String, _ families: [TrendFamily], seed: UInt64, count: Int, readings: Int
    ) {
        print("## \(title): \(families.count), \(count) series of \(readings) readings each, seed \(seed)\n")
        print(
            "| Family | leaks | warning | suspected | confirmed | ever confirmed | delay to suspected | to confirmed |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        var scores: [FamilyScore] = []
        for family in families {
            let score = FamilyScore(family, seed: seed, count: count, measuresDelay: true, readings: readings)
            scores.append(score)
            let shares = LeakLevel.allCases.dropFirst().map { level in
                percent(Double(score.reaching(level)) / Double(count))
            }
            let delays = [LeakLevel.suspected, .confirmed].map { score.medianDelay(to: $0).map(percent) ?? "–" }
            let ever = percent(Double(score.everReaching(.confirmed)) / Double(count))
            let cells = [family.name, family.leaks ? "yes" : "no"] + shares + [ever] + delays
            print("| " + cells.joined(separator: " | ") + " |")
        }
        for leaks in [false, true] {
            let chosen = scores.filter { $0.family.leaks == leaks }
            let ever = Double(chosen.reduce(0) { $0 + $1.everReaching(.confirmed) }) / Double(chosen.count * count)
            let rates = LeakLevel.allCases.dropFirst().map { percent(scores.rate($0, leaks: leaks)) }
            print(
                "| **all that \(leaks ? "leak" : "don't")** | | " + rates.joined(separator: " | ")
                    + " | \(percent(ever)) | | |")
        }
        print("")
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
