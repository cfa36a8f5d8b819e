internal import SystemSupport

/// One line on the terminal that shows how far a recording, or a wait, is.
///
/// A bar with the time left when the duration is known, a live count when not; nothing where standard error is no
/// terminal, or one that can't replace a line.
struct ProgressLine {
    private static let barWidth = 30
    private let seconds: Double?
    private var wasShown = false

    init(seconds: Double?) { self.seconds = seconds }

    /// - Parameter note: What has been reached, such as `1,234 samples`.
    mutating func show(elapsed: Double, note: String) {
        if let seconds {
            let left = NumberText.decimal(max(0, seconds - elapsed), digits: 0)
            show("\(bar(elapsed / seconds)) \(left) s left, \(note)")
        } else {
            show("\(NumberText.decimal(elapsed, digits: 0)) s, \(note); Ctrl-C ends the recording")
        }
    }

    /// - Parameter text: What is done meanwhile.
    mutating func show(_ text: String) {
        guard Console.isInteractive else { return }
        wasShown = true
        Console.write("\r\u{1b}[K" + String(text.prefix(Console.columns - 1)))
    }

    /// Removes the line.
    mutating func clear() {
        if wasShown { Console.write("\r\u{1b}[K") }
        wasShown = false
    }

    private func bar(_ share: Double) -> String {
        let full = Int(Double(Self.barWidth) * min(1, max(0, share)))
        return "[" + String(repeating: "█", count: full) + String(repeating: "░", count: Self.barWidth - full) + "]"
    }
}
