import Alerting
import ProcFS

/// Names as people read them in an alert's evidence.
enum EvidenceText {
    /// Who a process is; its name is hostile text, and may be long.
    static func name(of subject: AlertSubject) -> String {
        let process = subject.process.map { "PID \($0), " } ?? ""
        return "\(plain(subject.command ?? "?")) (\(process)group \(plain(subject.group ?? "?")))"
    }

    /// Printable, on one line, of at most 100 characters.
    static func plain(_ text: String) -> String {
        let head = printable(String(text.prefix(100)))
        return head.count < 100 && text.count < 100 ? head : head.prefix(99) + "…"
    }
}
