import MemoryTrends
import ProfileModel

/// What a watch knows, a line for each process and one for the evidence of those that grow.
struct WatchTable {
    private let watched: [WatchedProcess]

    init(_ watched: [WatchedProcess]) { self.watched = watched }

    func text(_ style: TextStyle) -> String {
        var table = TextTable(["PID", "RESIDENT", "ANONYMOUS", "GREW", "AN HOUR", "CPU", "LEAK", "NAME"], words: 2)
        var evidence = ""
        for process in watched {
            let verdict = process.verdict
            table.add(row(process, verdict))
            guard verdict.level > .none else { continue }
            let line = "\(ProcessTitle.printable(process.name)) (PID \(process.process)): \(verdict.evidence)"
            evidence += style.applied(verdict.level >= .suspected ? .red : .yellow, to: line) + "\n"
        }
        return table.text(style) + evidence
    }

    private func row(_ process: WatchedProcess, _ verdict: LeakVerdict) -> [String] {
        guard let reading = process.latest else {
            return [process.process.description, "", "", "", "", "", "", ProcessTitle.printable(process.name)]
        }
        let isJudged = !verdict.findings.contains(.tooFewReadings)
        return [
            process.process.description, NumberText.bytes(reading.resident), NumberText.bytes(reading.anonymous),
            isJudged ? Self.signed(verdict.floorGrowth) : "–", isJudged ? Self.signed(verdict.slope * 3600) : "–",
            reading.cpuShare.map { NumberText.percent($0) } ?? "–",
            process.hasEnded ? "ended" : isJudged ? verdict.level.rawValue : "too early",
            ProcessTitle.printable(process.name),
        ]
    }

    private static func signed(_ bytes: Double) -> String {
        let rounded = Int64(exactly: bytes.rounded()) ?? 0
        return (rounded > 0 ? "+" : "") + NumberText.bytes(rounded)
    }
}
