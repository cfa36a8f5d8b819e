/// The names that runtimes give to generated code in perf maps, as people who write for the runtime read them.
enum GeneratedName {
    /// `fib (/srv/app.js:3:13)` for V8's `JS:*fib /srv/app.js:3:13`, whatever tier of the compiler it is from, and
    /// `fib (/srv/app.py)` for CPython's `py::fib:/srv/app.py`; other names as they are.
    static func readable(_ name: String) -> String { javaScript(name) ?? python(name) ?? name }

    /// `KIND:TIER NAME SCRIPT:LINE:COLUMN`, without a blank before NAME (V8, `src/logging/log.cc`).
    private static func javaScript(_ name: String) -> String? {
        guard let kind = scriptKinds.first(where: { name.hasPrefix($0) }) else { return nil }
        var rest = name.dropFirst(kind.count)
        guard let tier = rest.first, "~^+*".contains(tier) else { return nil }
        rest = rest.dropFirst()
        guard let blank = rest.firstIndex(of: " ") else { return rest.isEmpty ? nil : String(rest) }
        let function = rest[..<blank].isEmpty ? "(anonymous)" : rest[..<blank]
        let script = rest[rest.index(after: blank)...]
        let path = script.hasPrefix("file://") ? script.dropFirst(7) : script
        return path.isEmpty ? String(function) : "\(function) (\(path))"
    }

    private static let scriptKinds = ["JS:", "LazyCompile:", "Function:", "Eval:", "Script:"]

    /// `py::QUALNAME:FILE` (CPython, `Python/perf_trampoline.c`).
    private static func python(_ name: String) -> String? {
        guard name.hasPrefix("py::"), let colon = name.dropFirst(4).firstIndex(of: ":") else { return nil }
        let (function, file) = (name.dropFirst(4)[..<colon], name[name.index(after: colon)...])
        guard !function.isEmpty, !file.isEmpty else { return nil }
        return "\(function) (\(file))"
    }
}
