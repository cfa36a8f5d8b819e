import ArgumentParser
import ProfileModel

/// Whether the variables of Python functions are shown, and which of them without their values.
struct LocalsOptions: ParsableArguments {
    @Flag(
        help: """
            Also show the arguments and local variables of Python functions (3.6 to 3.14), with the beginning of their \
            values. A running thread is stopped for up to 10 ms to read them. Values can be confidential: mind where the \
            output goes.
            """)
    var locals = false

    @Option(
        help: ArgumentHelp(
            """
            With --locals, show <redacted> for the value of a variable, and of a key in a dictionary, whose name matches \
            (* ? […], any case); repeatable. Names of passwords, tokens, keys, cookies and sessions always do.
            """, valueName: "pattern"))
    var redact: [String] = []

    @Flag(help: "With --locals, redact only what --redact names.")
    var showSecrets = false

    /// Names of what gives access, in variables, configurations, environments and headers of requests.
    static let secrets = [
        "*passw*", "*pwd*", "*passphrase*", "*secret*", "*token*", "*api_key*", "*apikey*", "*access_key*",
        "*private_key*", "*signing_key*", "*encryption_key*", "*credential*", "*authorization*", "auth", "*_auth",
        "*cookie*", "*session_id*", "*sessionid*", "*csrf*", "*xsrf*", "*jwt*", "*dsn*", "*database_url*",
        "*connection_string*",
    ]

    func validate() throws {
        guard locals || redact.isEmpty && !showSecrets else {
            throw ValidationError("--redact and --show-secrets need --locals.")
        }
        guard redact.count <= VariableReading.patternLimit - Self.secrets.count,
            redact.allSatisfy({ $0.utf8.count <= 1000 })
        else { throw ValidationError("--redact takes at most 200 patterns of at most 1,000 bytes.") }
    }

    /// The patterns of names whose values are not read; `nil` where no variables are.
    var redactedNames: [String]? { locals ? redact + (showSecrets ? [] : Self.secrets) : nil }
}
