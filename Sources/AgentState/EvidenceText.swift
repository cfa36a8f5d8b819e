import Alerting
import ProcFS

/// Figures and names as people read them in an alert's evidence.
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

    /// `312 MiB`, `1.2 GiB`.
    static func bytes(_ count: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var (scaled, unit) = (Double(count), 0)
        while scaled >= 999.5, unit < units.count - 1 { (scaled, unit) = (scaled / 1024, unit + 1) }
        return "\(digits(scaled)) \(units[unit])"
    }

    static func percent(_ share: Double) -> String { "\(digits(share * 100)) %" }

    /// One digit after the point below ten, unless it is zero; none above.
    private static func digits(_ value: Double) -> String {
        guard abs(value) < 1e15 else { return "very many" }
        let tenths = Int((value * 10).rounded())
        guard abs(tenths) < 100, tenths % 10 != 0 else { return String(Int(value.rounded())) }
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
