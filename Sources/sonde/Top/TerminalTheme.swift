import CCurses
import LiveView
import Profiles

/// The attributes of each role of text, in as many colours as the terminal has.
struct TerminalTheme {
    private enum Depth {
        /// The terminal has none, or `NO_COLOR` is set (no-color.org).
        case none
        case eight
        /// xterm's palette.
        case many
    }

    /// The colours behind a frame, for neighbours in turn.
    private struct Shades {
        let many: (Int16, Int16)
        let eight: (Int32, Int32)
    }

    private let depth: Depth

    /// The numbers of colour pairs: init_pair(3X).
    private enum Pair {
        static let warning: Int16 = 1
        static let alarm: Int16 = 2
        static let selected: Int16 = 4
        static let heading: Int16 = 5
        static let selectedFrame: Int16 = 6
        /// Two for each kind of frame.
        static let firstFrame: Int16 = 8

        static func frame(_ kind: CallTree.RowKind, isOdd: Bool) -> Int16 {
            firstFrame + 2 * Int16(CallTree.RowKind.allCases.firstIndex(of: kind) ?? 0) + (isOdd ? 1 : 0)
        }
    }

    /// To be called once the terminal is taken.
    init() {
        guard (Console.environment("NO_COLOR") ?? "").isEmpty, has_colors(), start_color() == OK else {
            depth = .none
            return
        }
        // Text keeps the terminal's own colours where it may.
        let page: Int16 = use_default_colors() == OK ? -1 : Int16(COLOR_BLACK)
        depth = ccurses_colors() >= 256 ? .many : .eight
        init_pair(Pair.warning, Int16(COLOR_YELLOW), page)
        init_pair(Pair.alarm, Int16(COLOR_WHITE), Int16(COLOR_RED))
        init_pair(Pair.selected, Int16(COLOR_BLACK), Int16(COLOR_CYAN))
        init_pair(Pair.heading, Int16(COLOR_BLACK), Int16(COLOR_GREEN))
        init_pair(Pair.selectedFrame, Int16(COLOR_WHITE), Int16(COLOR_BLUE))
        for kind in CallTree.RowKind.allCases {
            let shades = Self.shades(of: kind)
            let backs =
                depth == .many ? [shades.many.0, shades.many.1] : [Int16(shades.eight.0), Int16(shades.eight.1)]
            init_pair(Pair.frame(kind, isOdd: false), Int16(COLOR_BLACK), backs[0])
            init_pair(Pair.frame(kind, isOdd: true), Int16(COLOR_BLACK), backs[1])
        }
    }

    private static func shades(of kind: CallTree.RowKind) -> Shades {
        switch kind {
        case .group: Shades(many: (252, 250), eight: (COLOR_WHITE, COLOR_WHITE))
        case .native: Shades(many: (215, 222), eight: (COLOR_YELLOW, COLOR_YELLOW))
        case .inlined: Shades(many: (229, 223), eight: (COLOR_YELLOW, COLOR_YELLOW))
        case .kernel: Shades(many: (111, 153), eight: (COLOR_CYAN, COLOR_CYAN))
        case .jit: Shades(many: (114, 157), eight: (COLOR_GREEN, COLOR_GREEN))
        case .python: Shades(many: (79, 122), eight: (COLOR_GREEN, COLOR_GREEN))
        case .unknown: Shades(many: (248, 246), eight: (COLOR_WHITE, COLOR_WHITE))
        case .truncated: Shades(many: (217, 210), eight: (COLOR_MAGENTA, COLOR_MAGENTA))
        }
    }

    /// The attributes, and the pair of colours.
    func attributes(of role: TextRole) -> (attributes: attr_t, pair: Int16) {
        let attributes = attributes(of: role).reduce(CCURSES_PLAIN.rawValue) { $0 | $1.rawValue }
        return (attr_t(attributes), depth == .none ? 0 : pair(of: role))
    }

    private func attributes(of role: TextRole) -> [ccurses_attribute] {
        switch role {
        case .plain: []
        case .quiet: depth == .many ? [CCURSES_DIM] : []
        case .strong: [CCURSES_BOLD]
        case .warning: [CCURSES_BOLD]
        case .heading, .selected: depth == .none ? [CCURSES_REVERSE] : []
        case .sorted, .alarm: depth == .none ? [CCURSES_REVERSE, CCURSES_BOLD] : [CCURSES_BOLD]
        case .frame(_, let isOdd, let isSelected, let isMatch):
            (isSelected ? [CCURSES_BOLD] : []) + (isMatch ? [CCURSES_BOLD, CCURSES_UNDERLINE] : [])
                + (depth == .none && !isOdd ? [CCURSES_REVERSE] : [])
        }
    }

    private func pair(of role: TextRole) -> Int16 {
        switch role {
        case .plain, .quiet, .strong: 0
        case .heading, .sorted: Pair.heading
        case .warning: Pair.warning
        case .alarm: Pair.alarm
        case .selected: Pair.selected
        case .frame(let kind, let isOdd, let isSelected, _):
            isSelected ? Pair.selectedFrame : Pair.frame(kind, isOdd: isOdd)
        }
    }
}
