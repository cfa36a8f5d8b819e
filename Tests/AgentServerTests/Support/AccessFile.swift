import AgentServer
import TestSupport

/// A web configuration file, and what was read of it.
final class AccessFile: Sendable {
    /// A user `prometheus`, whose password `secret` is hashed with bcrypt's least cost.
    static let users = """
        basic_auth_users:
          prometheus: $2b$04$FGfhyhNxPNWqwHUvudgCcOaeNGHjV3/r/3rOrb5bIu/9MvzzE7QLC
        """

    let access: WebAccess
    private let directory: TemporaryDirectory

    /// The user `prometheus`, whose password is another one.
    static let otherPassword = users.replacing("FGfhyhNxPNWqwHUvudgCcOaeNGHjV3", with: "FGfhyhNxPNWqwHUvudgCcOaeNGHjV4")

    init(_ text: String = users) throws {
        directory = try TemporaryDirectory()
        try directory.write(text, to: "web.yml")
        access = try WebAccess(file: directory.path + "/web.yml", pause: .zero)
    }

    func write(_ text: String) throws { try directory.write(text, to: "web.yml") }
}
