import HostWatch
import ProcFS

/// Whether the regular expressions of rules are ones.
enum RuleCheck {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func validate(_ rules: [GroupRule]) throws {
        for rule in rules {
            for pattern in rule.commandLine { try validate(pattern, of: "cmdline") }
            if let pattern = rule.cgroup { try validate(pattern, of: "cgroup") }
        }
    }

    private static func validate(_ pattern: String, of key: String) throws {
        do {
            _ = try Regex(pattern)
        } catch {
            throw Failure(description: "\(key): \(printable(pattern)) is not a regular expression: \(error)")
        }
    }
}
