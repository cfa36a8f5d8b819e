/// Why a rule of the configuration can't be used.
package struct GroupRuleError: Error, Equatable, Sendable {
    package enum Reason: Error, Equatable, Sendable {
        case noName
        case openTemplate
        case unknownTemplate(String)
        /// No named capture of `commandLine` has this name.
        case unknownCapture(String)
        /// `key` is the criterion, `cmdline` or `cgroup`.
        case pattern(key: String, text: String, PatternError)
    }

    /// The rule's place in the list, from 0.
    package let index: Int
    /// The rule's name as it stands there.
    package let name: String
    package let reason: Reason

    package init(index: Int, name: String, reason: Reason) {
        self.index = index
        self.name = name
        self.reason = reason
    }
}

extension GroupRuleError: CustomStringConvertible {
    package var description: String { "rule \(index + 1) (\(name)): \(reason)" }
}

extension GroupRuleError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noName: "it has no name; a template such as {{.Comm}} will do"
        case .openTemplate: "its name has {{ without }}"
        case .unknownTemplate(let text):
            "its name uses \(text); there are {{.Comm}}, {{.ExeBase}}, {{.ExeFull}}, {{.Username}}, {{.PID}}, "
                + "{{.Cgroup}}, {{.Unit}}, {{.Container}} and {{.Matches.NAME}}"
        case .unknownCapture(let name):
            "its name uses {{.Matches.\(name)}}; write (?P<\(name)>…) in one of its command line's expressions"
        case .pattern(let key, let text, let error): "the expression '\(text)' of \(key): \(error)"
        }
    }
}
