import Glibc
import Synchronization
import SystemSupport

/// Standard error, for progress, warnings and summaries.
struct Console {
    /// Whether what is on the screen can be replaced.
    static let isInteractive = TextStyle.hasControls(STDERR_FILENO)
    private static let style = TextStyle(for: STDERR_FILENO)

    static func say(_ text: String) { write(text + "\n") }

    private static let warned = Mutex<[String]>([])

    /// What was warned of so far.
    static var warnings: [String] { warned.withLock { $0 } }

    static func warn(_ text: String) {
        warned.withLock { $0.append(text) }
        say("warning: ", .yellow, text)
    }

    static func fail(_ text: String) { say("error: ", .red, text) }

    /// Text in lines that break at words.
    static func explain(_ text: String) { say(wrapped(text)) }

    private static func say(_ label: String, _ attribute: TextStyle.Attribute, _ text: String) {
        say(styled(label, attribute) + wrapped(label + text).dropFirst(label.count))
    }

    /// Text of several lines with more line ends where it would exceed the terminal; unchanged where there is none.
    private static func wrapped(_ text: String) -> String {
        guard let columns = lineColumns else { return text }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
            WrappedText.lines(of: line, columns: columns, clipsWords: false)
        }
        return lines.joined(separator: "\n")
    }

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

    /// How long lines on standard error may be; `nil` where it is no terminal.
    static var lineColumns: Int? { isatty(STDERR_FILENO) == 1 ? columns - 1 : nil }

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

    /// Whether a descriptor is a terminal that understands more than text; the terminal `dumb` doesn't.
    static func hasControls(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && Console.environment("TERM") != "dumb"
    }

    /// Coloured if the descriptor is a terminal that can, and `NO_COLOR` is not set (no-color.org).
    init(for descriptor: Int32) {
        isColoured = Self.hasControls(descriptor) && (Console.environment("NO_COLOR") ?? "").isEmpty
    }

    func applied(_ attribute: Attribute, to text: String) -> String {
        isColoured ? "\u{1B}[\(attribute.rawValue)m\(text)\u{1B}[0m" : text
    }
}
