package import AgentConfiguration
package import Logging
internal import ProcFS
internal import SystemSupport

/// One line of the log.
package struct LogRecord: Sendable {
    /// Seconds since 1970.
    package let time: Double
    package let level: Logger.Level
    /// The part of the agent that speaks.
    package let label: String
    package let message: String
    /// In the order in which they are shown; hostile text is welcome.
    package let fields: [(key: String, value: String)]

    package init(
        time: Double, level: Logger.Level, label: String, message: String, fields: [(key: String, value: String)]
    ) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.fields = fields
    }

    /// What longer values are cut to, in characters.
    private static let longestValue = 2000

    /// One line without its end.
    package func line(_ format: LogSettings.Format) -> String {
        let pairs =
            [
                (key: "ts", value: UTCTimestamp(secondsSince1970: time).rfc3339), (key: "level", value: levelName),
                (key: "component", value: label), (key: "msg", value: message),
            ] + fields
        let texts = pairs.map { pair in (Self.name(pair.key), Self.shortened(pair.value)) }
        switch format {
        case .logfmt: return texts.map { "\($0)=\(Self.logfmt($1))" }.joined(separator: " ")
        case .json:
            return "{" + texts.map { "\"\($0)\":\(Self.quoted($1, Self.jsonEscape))" }.joined(separator: ",") + "}"
        }
    }

    private var levelName: String {
        switch level {
        case .trace, .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warning"
        case .error, .critical: "error"
        }
    }

    /// The level as journald reads it from a line's start: sd-daemon(3).
    package var journalPrefix: String {
        switch level {
        case .trace, .debug: "<7>"
        case .info: "<6>"
        case .notice: "<5>"
        case .warning: "<4>"
        case .error: "<3>"
        case .critical: "<2>"
        }
    }

    private static func name(_ key: String) -> String {
        String(
            key.unicodeScalars.map {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789_.-".contains(Character($0)))
                    ? Character($0) : "_"
            })
    }

    private static func shortened(_ text: String) -> String {
        text.unicodeScalars.count <= longestValue ? text : String(text.unicodeScalars.prefix(longestValue)) + "…"
    }

    /// Quoted where it has blanks, quotes or what would break the line.
    private static func logfmt(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0 != "\\" && $0.value != 0x7F
            }
        return isPlain ? text : quoted(text) { "\\u{\(String($0.value, radix: 16))}" }
    }

    private static func jsonEscape(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    private static func quoted(_ text: String, _ escape: (Unicode.Scalar) -> String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if !PrintableText.isPrintable(scalar) {
                result += scalar == "\n" ? "\\n" : scalar == "\t" ? "\\t" : escape(scalar)
            } else {
                result += scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : String(scalar)
            }
        }
        return result + "\""
    }
}
