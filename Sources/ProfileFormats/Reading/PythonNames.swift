internal import ProfileModel

/// Python functions in formats that have a name for a function and no more.
enum PythonNames {
    /// A function and what its name says of its place.
    struct Function: Equatable {
        let name: String
        let file: String?
        let line: Int?
    }

    /// The path of the mapping that stands for Python functions.
    static let mappingPath = "[python]"
    /// Before a function's name in perf's text, as interpreters write it to perf maps (`python -X perf`).
    private static let perfPrefix = "py::"

    /// `Handler.get (/srv/views.py)`, as py-spy writes it, without a line, by which functions would be several.
    static func folded(_ name: String, file: String?) -> String {
        name.hasSuffix(")") || isNoFunction(name) ? name : "\(name) (\(file ?? "?"))"
    }

    /// What py-spy and `folded` wrote; `nil` for another function's name.
    static func function(folded text: String) -> Function? {
        if isNoFunction(text) { return Function(name: text, file: nil, line: nil) }
        guard text.utf8.last == UInt8(ascii: ")"),
            let (name, rest) = Array(text.utf8)[...].splitAtLast(UInt8(ascii: "(")), name.count > 1,
            name.last == UInt8(ascii: " ")
        else { return nil }
        let (file, line) = place(rest.dropLast())
        guard file == "?" || file.hasPrefix("/") || isPython(file: file) else { return nil }
        return Function(name: name.dropLast().text, file: file == "?" ? nil : file, line: line)
    }

    /// A file, and the line behind it where there is one.
    private static func place(_ text: ArraySlice<UInt8>) -> (file: String, line: Int?) {
        guard let (file, digits) = text.splitAtLast(UInt8(ascii: ":")), let line = digits.decimal else {
            return (text.text, nil)
        }
        return (file.text, Int(exactly: line))
    }

    /// Whether it stands for the import system's frames, for functions that aren't known, for a task, or for what a task does: these are
    /// in no file.
    private static func isNoFunction(_ name: String) -> Bool {
        guard name.hasPrefix("["), name.hasSuffix("]") else { return false }
        let inner = name.dropFirst().dropLast()
        return name == InterpretedFunction.omittedName
            || ["importlib", "task", "running", "ready", "waiting"].contains(inner)
            || ["task ", "waits for ", "not known: "].contains { inner.hasPrefix($0) }
    }

    /// A name such as `py::Handler.get:/srv/views.py`.
    static func perf(_ name: String, file: String?) -> String { perfPrefix + name + (file.map { ":\($0)" } ?? "") }

    /// What `perf` wrote, or an interpreter; `nil` for another function's name.
    static func function(perf text: String) -> Function? {
        guard text.hasPrefix(perfPrefix) else { return nil }
        let parts = text.dropFirst(perfPrefix.count).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty else { return nil }
        return Function(name: String(name), file: parts.count > 1 ? String(parts[1]) : nil, line: nil)
    }

    /// Whether a source file is Python's: `views.py`, `<frozen importlib._bootstrap>`, `<string>`.
    static func isPython(file: String) -> Bool {
        file.hasSuffix(".py") || file.hasPrefix("<") && file.hasSuffix(">")
    }
}
