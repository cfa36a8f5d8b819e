import Alerting
import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel

extension CgroupMemory {
    /// For the alert engine.
    var observation: AlertObservation {
        let subject = AlertSubject(group: group, process: nil, command: nil, startTicks: nil, cgroup: path)
        guard let share = unreclaimableShare else { return AlertObservation(unknown: .cgroupMemory, subject) }
        let used = Double(use?.unreclaimable ?? 0)
        return AlertObservation(
            .cgroupMemory, subject, .share(share, used: used), recommendation: recommendation
        ) {
            evidence(share)
        }
    }

    private func evidence(_ share: Double) -> String {
        let count = processes == 1 ? "1 process" : "\(processes) processes"
        let used = PlainText.bytes(Double(use?.unreclaimable ?? 0))
        let whole = PlainText.bytes(Double(limit.bytes))
        var text =
            "cgroup \(EvidenceText.plain(path, atMost: 250)) (\(count), group \(EvidenceText.plain(group))) has "
            + "\(used) of unreclaimable memory, \(PlainText.percent(share)) of its limit of \(whole) (\(limit.kind.words))"
        if let largest {
            let name = EvidenceText.plain(largest.command)
            text +=
                "; the largest process is \(name) (PID \(largest.process.rawValue)) with "
                + "\(PlainText.bytes(Double(largest.anonymous))) anonymous"
        }
        return text
    }

    private var recommendation: String {
        let process = largest.map { "\($0.process.rawValue)" } ?? "PID"
        let look = "See where the memory is: sonde memory -p \(process), and what lies in its tmpfs. "
        return switch limit.kind {
        case .max:
            look + "If that is what it needs, raise the limit (MemoryMax= of the unit, the container's limit); else "
                + "restart what grows before the kernel kills one of its processes, or all of them."
        case .high:
            look + "If that is what it needs, raise MemoryHigh= of the unit; else restart what grows: beyond it the "
                + "kernel doesn't kill, but holds the processes up until they hardly run."
        }
    }
}

extension CgroupLimit.Kind {
    fileprivate var words: String {
        switch self {
        case .max: "memory.max, at which the kernel kills"
        case .high: "memory.high, beyond which the kernel holds its processes up"
        }
    }
}
