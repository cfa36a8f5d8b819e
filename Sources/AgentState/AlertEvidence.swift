import Alerting
import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel
import SystemSupport

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
        let used = NumberText.bytes(use?.unreclaimable ?? 0)
        let whole = NumberText.bytes(limit.bytes)
        var text =
            "cgroup \(EvidenceText.plain(path, atMost: 250)) (\(count), group \(EvidenceText.plain(group))) has "
            + "\(used) of unreclaimable memory, \(NumberText.percent(share)) of its limit of \(whole) (\(limit.kind.words))"
        if let largest {
            let name = EvidenceText.plain(largest.command)
            text +=
                "; the largest process is \(name) (PID \(largest.process.rawValue)) with "
                + "\(NumberText.bytes(largest.anonymous)) anonymous"
        }
        return text
    }

    private var recommendation: String {
        let process = largest.map { "\($0.process.rawValue)" } ?? "PID"
        let advice = "See where the memory is: sonde memory -p \(process), and what lies in its tmpfs. "
        return switch limit.kind {
        case .max:
            advice + "If that is what it needs, raise the limit (MemoryMax= of the unit, the container's limit); else "
                + "restart what grows before the kernel kills one of its processes, or all of them."
        case .high:
            advice + "If that is what it needs, raise MemoryHigh= of the unit; else restart what grows: beyond it the "
                + "kernel kills nothing, but slows its processes down until they hardly run."
        }
    }
}

extension CgroupLimit.Kind {
    fileprivate var words: String {
        switch self {
        case .max: "memory.max, at which the kernel kills"
        case .high: "memory.high, beyond which the kernel slows its processes down"
        }
    }
}

/// Names as people read them in an alert's evidence.
enum EvidenceText {
    /// Who a process is; its name is hostile text, and may be long.
    static func name(of subject: AlertSubject) -> String {
        let process = subject.process.map { "PID \($0), " } ?? ""
        return "\(plain(subject.command ?? "?")) (\(process)group \(plain(subject.group ?? "?")))"
    }

    /// Printable, on one line, and not longer than so many characters.
    static func plain(_ text: String, atMost count: Int = 100) -> String {
        let head = printable(String(text.prefix(count)))
        return head.count < count && text.count < count ? head : head.prefix(count - 1) + "…"
    }
}
