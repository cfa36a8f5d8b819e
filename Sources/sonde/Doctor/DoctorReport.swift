import SystemSupport

/// All that `sonde doctor` found.
struct DoctorReport: Encodable {
    /// The checks of one process.
    struct Process: Encodable {
        let described: DescribedProcess
        let checks: [DoctorCheck]

        private enum Key: CodingKey { case checks }

        func encode(to encoder: any Encoder) throws {
            try described.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(checks, forKey: .checks)
        }
    }

    let host: [DoctorCheck]
    let processes: [Process]

    private var checks: [DoctorCheck] { host + processes.flatMap(\.checks) }

    /// 77 if a permission is missing, else 1 if anything failed, else 0.
    var exitCode: Int32 { checks.map(\.exitCode).max() ?? 0 }

    /// - Parameter start: when the checks began.
    func document(start: UTCTimestamp) -> JSONDocument<DoctorReport> {
        JSONDocument(.doctor, about: nil, start: start, self)
    }

    /// Lines of aligned columns; each remedy on a line of its own.
    func text(style: TextStyle) -> String {
        let width = checks.map(\.name.count).max() ?? 0
        let sections = [("Host", host)] + processes.map { ("Process \($0.described.pid ?? 0)", $0.checks) }
        let blocks = sections.map { title, checks in
            style.applied(.bold, to: title) + "\n" + checks.map { Self.lines(of: $0, width, style) }.joined()
        }
        return blocks.joined(separator: "\n") + "\n" + verdict(style) + "\n"
    }

    private static func lines(of check: DoctorCheck, _ width: Int, _ style: TextStyle) -> String {
        let name = check.name + String(repeating: " ", count: width - check.name.count)
        let line = "  \(label(check.status, style))  \(name)  \(check.finding)\n"
        guard let remedy = check.remedy else { return line }
        return line + "  " + String(repeating: " ", count: width + 8) + style.applied(.dim, to: "→ \(remedy)") + "\n"
    }

    private static func label(_ status: DoctorCheck.Status, _ style: TextStyle) -> String {
        switch status {
        case .ok: style.applied(.green, to: "ok  ")
        case .warning: style.applied(.yellow, to: "warn")
        case .failed: style.applied(.red, to: "FAIL")
        case .unknown: style.applied(.dim, to: "?   ")
        }
    }

    private func verdict(_ style: TextStyle) -> String {
        let failures = checks.count { $0.status == .failed }
        let warnings = checks.count { $0.status == .warning }
        if failures > 0 { return style.applied(.red, to: "\(failures) of \(checks.count) checks failed.") }
        let counted = NumberText.count(warnings, "warning")
        if warnings > 0 { return style.applied(.yellow, to: "No check failed; \(counted).") }
        return style.applied(.green, to: "All checks passed.")
    }
}
