import CCurses
import Glibc
import LiveView
import SystemSupport

/// The terminal while Sonde has all of it, by ncurses, which writes only what has changed.
///
/// Gives the terminal back as it was when it goes.
struct TerminalScreen: ~Copyable {
    private let theme: TerminalTheme

    /// Why the terminal can't be used; `nil` when it can.
    static var refusal: String? {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            return "sonde top needs a terminal for its input and output"
        }
        return Console.environment("TERM") == "dumb" ? "sonde top can't draw on a terminal that is dumb (TERM)" : nil
    }

    /// What to do where there is no terminal.
    static let remedy = "sonde record -p PID -d 10 -f top samples for a while and prints the table"

    /// Stops like any background job until it is in the foreground.
    static func waitForForeground() { ccurses_wait_for_foreground() }

    init() throws(CommandFailure) {
        Self.chooseCharacters()
        guard ccurses_begin() == 0 else {
            let type = Console.environment("TERM") ?? ""
            throw CommandFailure(
                "the terminal's type (TERM=\(printable(type))) is unknown here; set TERM, or install ncurses-term\n  \(Self.remedy)"
            )
        }
        ccurses_restore_on_ending_signals()
        InterruptSignals.beforeEnding { ccurses_restore() }
        // Keys that make signals come as keys: a suspension has to end sampling first.
        raw()
        noecho()
        nonl()
        let window = unsafe ccurses_window()
        unsafe keypad(window, true)
        unsafe nodelay(window, true)
        // Milliseconds after which an escape is a key, and no beginning of one.
        set_escdelay(25)
        theme = TerminalTheme()
    }

    deinit {
        endwin()
        InterruptSignals.beforeEnding(nil)
        ccurses_stop_restoring()
    }

    /// Names are UTF-8, and so is the terminal unless its locale names another encoding: the locale C stands for none
    /// chosen, as for Python (PEP 538).
    private static func chooseCharacters() {
        let name = unsafe setlocale(LC_CTYPE, "").map { unsafe String(cString: $0) }
        if name == nil || name == "C" || name == "POSIX" { unsafe setlocale(LC_CTYPE, "C.UTF-8") }
    }

    /// The columns and rows of the terminal now.
    static var size: TerminalSize { Console.terminalSize(of: STDOUT_FILENO) }

    /// Takes over a new size.
    func resize(to size: TerminalSize) {
        resizeterm(Int32(clamping: size.rows), Int32(clamping: size.columns))
    }

    /// Draws all of it, whatever others have written there.
    func invalidate() { unsafe clearok(ccurses_window(), true) }

    /// Gives the terminal back until the next time that something is shown.
    func leave() { endwin() }

    func show(_ screen: Screen) {
        let window = unsafe ccurses_window()
        unsafe werase(window)
        for (row, line) in screen.lines.enumerated() {
            for span in line.spans { show(span, row: row) }
        }
        if let cursor = screen.cursor {
            unsafe wmove(window, Int32(clamping: cursor.row), Int32(clamping: cursor.column))
        }
        curs_set(screen.cursor == nil ? 0 : 1)
        unsafe wrefresh(window)
    }

    private func show(_ span: Span, row: Int) {
        let (attributes, pair) = theme.attributes(of: span.role)
        let text = span.text.unicodeScalars.map { wchar_t(bitPattern: $0.value) }
        let window = unsafe ccurses_window()
        // Safe: the call reads the wide characters up to the given count. It fails where the last column of the last row is
        // written, and writes it all the same.
        unsafe wmove(window, Int32(clamping: row), Int32(clamping: span.column))
        unsafe wattr_set(window, attributes, pair, nil)
        unsafe waddnwstr(window, text, Int32(clamping: text.count))
        unsafe wattr_set(window, 0, 0, nil)
    }

    /// The keys that were pressed since the last call.
    func keys() -> [LiveKey] {
        var keys: [LiveKey] = []
        var code: wint_t = 0
        while true {
            let kind = unsafe wget_wch(ccurses_window(), &code)
            guard kind != ERR else { return keys }
            let key = kind == KEY_CODE_YES ? Self.key(numbered: Int32(bitPattern: code)) : Self.key(typed: code)
            if let key { keys.append(key) }
        }
    }

    private static func key(typed code: wint_t) -> LiveKey? {
        switch code {
        case 0x0A, 0x0D: .enter
        case 0x1B: .escape
        case 0x08, 0x7F: .backspace
        case 0x09: .tab
        default: Unicode.Scalar(code).map(LiveKey.character)
        }
    }

    private static func key(numbered code: Int32) -> LiveKey? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_ENTER: .enter
        case KEY_BACKSPACE, KEY_DC: .backspace
        case KEY_F0 + 1: .function(1)
        default: nil
        }
    }
}
