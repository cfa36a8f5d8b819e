import Alerting
import ProcFS
import SystemSupport

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
