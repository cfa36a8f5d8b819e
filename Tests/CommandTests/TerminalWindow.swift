import Foundation
import TestSupport

/// A shell in a terminal of tmux's own, with a server for it alone; both end when it goes.
final class TerminalWindow {
    static let isOffered = FileManager.default.isExecutableFile(atPath: "/usr/bin/tmux")

    private let directory: TemporaryDirectory
    private let server: Child
    private var socket: String { "\(directory.path)/socket" }
    static let prompt = "shell$"

    /// Waits until the shell shows its prompt.
    convenience init(columns: Int = 100, rows: Int = 30) throws {
        try self.init(running: "PS1=\"\(Self.prompt) \" exec bash --noprofile --norc", columns: columns, rows: rows)
        try wait { $0.hasPrefix(Self.prompt) }
    }

    /// Runs a command instead of the shell; waits until it has a screen.
    init(running command: String, columns: Int, rows: Int) throws {
        directory = try TemporaryDirectory()
        try directory.write(
            """
            set -g default-terminal screen-256color
            set -g status off
            new-session -d -x \(columns) -y \(rows) '\(command)'

            """, to: "tmux.conf")
        server = try Child(
            [
                "/usr/bin/setpriv", "--pdeathsig", "TERM", "--", "/usr/bin/tmux", "-D", "-u", "-S",
                "\(directory.path)/socket", "-f", "\(directory.path)/tmux.conf",
            ], environment: ["NO_COLOR": "", "LINES": "", "COLUMNS": ""])
        let hasScreen = eventually { (try? self.text())?.isEmpty == false }
        guard hasScreen else {
            throw TestSupportError.timedOut(command: "tmux", waitingFor: "a screen", output: "")
        }
    }

    /// Ends it, and all that runs in it: their terminal is closed.
    deinit { _ = try? tmux("kill-server") }

    @discardableResult
    private func tmux(_ arguments: String...) throws -> String {
        try run(["/usr/bin/tmux", "-u", "-S", socket] + arguments).output
    }

    /// What is on the screen.
    func text() throws -> String { try tmux("capture-pane", "-p") }

    /// The same, with the escape sequences of its colours and attributes.
    func styledText() throws -> String { try tmux("capture-pane", "-p", "-e") }

    /// Presses keys that tmux has names for, such as `Enter` and `C-z`.
    func press(_ keys: String...) throws { for key in keys { try tmux("send-keys", key) } }

    func type(_ text: String) throws { try tmux("send-keys", "-l", text) }

    /// Types a command.
    func enter(_ command: String) throws {
        try type(command)
        try press("Enter")
    }

    func resize(columns: Int, rows: Int) throws { try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)") }

    /// A property of the terminal, by tmux's name for it: formats in tmux(1).
    func property(_ name: String) throws -> String {
        try tmux("display-message", "-p", "#{\(name)}").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits until the screen is as wanted, and returns it.
    @discardableResult
    func wait(within limit: Double = 60, until isReached: (String) -> Bool) throws -> String {
        var screen = ""
        let isThere = try eventually(within: limit) {
            screen = try text()
            return isReached(screen)
        }
        guard isThere else {
            throw TestSupportError.timedOut(command: "tmux", waitingFor: "the screen", output: screen)
        }
        return screen
    }
}
