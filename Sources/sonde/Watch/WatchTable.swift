import MemoryTrends
import ProfileModel
import SystemSupport

/// A line for each process, and one for the evidence of each that grows.
struct WatchTable {
    private let watched: [WatchedProcess]

    init(_ watched: [WatchedProcess]) { self.watched = watched }

    /// - Parameter columns: Those of the terminal, none of which a line exceeds; `nil` where there is none.
    func text(_ style: TextStyle, columns: Int? = nil) -> String {
        var table = TextTable(
            ["PID", "RESIDENT", "OWN", "GREW", "PER HOUR", "TIME LEFT", "LEAK", "CPU", "NAME"])
        var evidence = ""
        for process in watched {
            let verdict = process.verdict
            table.add(row(process, verdict))
            guard verdict.level > .none else { continue }
            let text = "\(printable(process.name)) (PID \(process.process)): \(verdict.evidence)"
            for line in columns.map({ WrappedText.lines(of: text, columns: $0) }) ?? [text] {
                evidence += style.applied(verdict.level >= .suspected ? .red : .yellow, to: line) + "\n"
            }
        }
        return table.text(style, columns: columns) + evidence
    }

    private func row(_ process: WatchedProcess, _ verdict: LeakVerdict) -> [String] {
        guard let reading = process.latest else {
            return [process.process.description, "", "", "", "", "", "", "", printable(process.name)]
        }
        let hasVerdict = !verdict.findings.contains(.tooFewReadings)
        return [
            process.process.description, NumberText.bytes(reading.resident), NumberText.bytes(reading.leakable),
            hasVerdict ? Self.signed(verdict.floorGrowth) : "–", hasVerdict ? Self.signed(verdict.slope * 3600) : "–",
            verdict.secondsToLimit.map(NumberText.duration(seconds:)) ?? "–",
            process.hasEnded ? "ended" : hasVerdict ? verdict.level.rawValue : "pending",
            reading.cpuShare.map { NumberText.percent($0) } ?? "–",
            printable(process.name),
        ]
    }

    private static func signed(_ bytes: Double) -> String {
        let rounded = Int64(exactly: bytes.rounded()) ?? 0
        return (rounded > 0 ? "+" : "") + NumberText.bytes(rounded)
    }
}
