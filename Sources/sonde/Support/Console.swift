import Glibc
import Synchronization

/// Standard error, for progress, warnings and summaries.
struct Console {
    static let isTerminal = isatty(STDERR_FILENO) == 1
    private static let style = TextStyle(for: STDERR_FILENO)

    static func say(_ text: String) { write(text + "\n") }

    private static let warned = Mutex<[String]>([])

    /// What was warned of so far.
    static var warnings: [String] { warned.withLock { $0 } }

    static func warn(_ text: String) {
        warned.withLock { $0.append(text) }
        say(styled("warning: ", .yellow) + text)
    }

    static func fail(_ text: String) { say(styled("error: ", .red) + text) }

    static func styled(_ text: String, _ attribute: TextStyle.Attribute) -> String {
        style.applied(attribute, to: text)
    }

    static func write(_ text: String) {
        // Progress and warnings have no other place to go when standard error fails.
        _ = try? StandardStream.error.write(Array(text.utf8))
    }

    /// The columns of standard error.
    static var columns: Int { terminalSize(of: STDERR_FILENO).columns }

    /// The columns of standard output; `nil` where it is no terminal.
    static var outputColumns: Int? {
        isatty(STDOUT_FILENO) == 1 ? terminalSize(of: STDOUT_FILENO).columns : nil
    }

    /// 80 by 24 where there is no terminal, or its size is unknown.
    static func terminalSize(of descriptor: Int32) -> TerminalSize {
        var size = winsize()
        // Safe: the request fills the structure.
        let result = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
        guard result == 0, size.ws_col > 0, size.ws_row > 0 else {
            return TerminalSize(columns: 80, rows: 24)
        }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    static func environment(_ name: String) -> String? {
        // Safe: the string is copied at once, and nothing here changes the environment.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}

struct TerminalSize: Hashable {
    let columns: Int
    let rows: Int
}

/// Colours of a terminal, or none.
struct TextStyle {
    enum Attribute: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    private let isColoured: Bool

    /// Coloured if the descriptor is a terminal that can, and `NO_COLOR` is not set (no-color.org).
    init(for descriptor: Int32) {
        isColoured =
            isatty(descriptor) == 1 && (Console.environment("NO_COLOR") ?? "").isEmpty
            && Console.environment("TERM") != "dumb"
    }

    func applied(_ attribute: Attribute, to text: String) -> String {
        isColoured ? "\u{1B}[\(attribute.rawValue)m\(text)\u{1B}[0m" : text
    }
}
