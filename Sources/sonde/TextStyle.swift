import Glibc

/// Colours of a terminal, or none.
struct TextStyle {
    private let isColoured: Bool

    /// Coloured if the descriptor is a terminal that can, and `NO_COLOR` is not set (no-color.org).
    init(for descriptor: Int32) {
        isColoured =
            isatty(descriptor) == 1 && (Console.environment("NO_COLOR") ?? "").isEmpty
            && Console.environment("TERM") != "dumb"
    }

    func applied(_ style: Console.Style, to text: String) -> String {
        isColoured ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
