import ArgumentParser
import ProfileModel
import SystemSupport

/// What is given without an option, to say which one it needs.
struct StrayArgument {
    private let text: String
    /// What stands before it on the command line, if that is written like an option.
    private let option: String?

    init(_ text: String, of arguments: [String] = CommandLine.arguments) {
        self.text = text
        let before = zip(arguments, arguments.dropFirst()).filter { $0.1 == text }.last?.0
        option = before.flatMap { $0.hasPrefix("-") && $0.count > 1 ? $0 : nil }
    }

    /// - Parameters:
    ///   - processes: those that are given with `-p`.
    ///   - hasNames: whether the command has `-n`.
    func error(beside processes: [ProcessList], hasNames: Bool = true) -> ValidationError {
        let shown = printable(text, limit: 200)
        if let option {
            return ValidationError(
                "\(printable(option, limit: 200)) is no option that takes a value, and \(shown) is given without one; "
                    + "--help lists the options.")
        }
        guard let list = ProcessList(argument: text) else {
            return ValidationError(
                "\(shown) is given without an option" + (hasNames ? ": -n \(shown)?" : "; --help lists the options."))
        }
        let all = (processes.flatMap(\.processes) + list.processes).map(\.description).joined(separator: ",")
        return ValidationError("\(shown) is given without an option: -p \(all)?")
    }
}
