import Glibc

/// Standard error, for progress, warnings and summaries.
struct Console {
    /// Escape sequences for a terminal; empty text elsewhere, and when `NO_COLOR` is set (no-color.org).
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    static let isTerminal = isatty(STDERR_FILENO) == 1
    private static let hasColors = isTerminal && !(environment("NO_COLOR").map { !$0.isEmpty } ?? false)

    static func say(_ text: String) { write(text + "\n") }

    static func warn(_ text: String) { say(styled("warning: ", .yellow) + text) }

    static func fail(_ text: String) { say(styled("error: ", .red) + text) }

    static func styled(_ text: String, _ style: Style) -> String {
        hasColors ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    static func write(_ text: String) {
        // Progress and warnings have no other place to go when standard error fails.
        _ = try? StandardStream.error.write(Array(text.utf8))
    }

    /// The columns of standard error.
    static var columns: Int { terminalSize(of: STDERR_FILENO).columns }

    /// 80 by 24 where there is no terminal, or its size is unknown.
    static func terminalSize(of descriptor: Int32) -> (columns: Int, rows: Int) {
        var size = winsize()
        // Safe: the request fills the structure.
        let result = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
        guard result == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    static func environment(_ name: String) -> String? {
        // Safe: the string is copied at once, and nothing here changes the environment.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
