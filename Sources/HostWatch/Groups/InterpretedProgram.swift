import ProcFS

/// What an interpreter runs, by its command line: the script, module, class or archive, never the arguments of that.
///
/// An option that isn't known, and may have taken the next argument for its value, makes that argument a program only when
/// it looks like one: an argument can be a secret.
package struct InterpretedProgram {
    /// The base name of a script or an archive, a module, or a class.
    package let name: String

    /// - Parameters:
    ///   - executable: The base name of the executable.
    ///   - arguments: The first is the name under which it was called.
    package init?(executable: String, arguments: [String]) {
        guard let interpreter = Interpreter(executable: executable),
            let called = arguments.first,
            let program = Self.isInterpreter(called, interpreter)
                ? interpreter.program(Array(arguments.dropFirst())) : Launcher.name(ofTitle: called)
        else { return nil }
        name = program
    }

    /// Whether the first argument is not a title that the process shows for its command line.
    private static func isInterpreter(_ called: String, _ interpreter: Interpreter) -> Bool {
        ExecutableName(path: called).map { interpreter.isCalled($0.text) } ?? false
    }
}

/// How an interpreter takes its command line.
struct Interpreter {
    /// Names of its executables, a version behind them left out.
    private let names: Set<String>
    /// What names of executables have behind a version: `python3.13t`.
    private var builds: [String] = []
    /// Options whose value is the next argument.
    private let valued: Set<String>
    /// The letters of short options whose value is the rest of the argument or the next one.
    private var valuedLetters: Set<Character> = []
    /// Letters of short options whose value is the rest of the argument.
    private var attachedLetters: Set<Character> = []
    /// Options that name the program, in the next argument or behind `=`.
    private var naming: Set<String> = []
    /// Letters of short options that name the program.
    private var namingLetters: Set<Character> = []
    /// Letters of short options that hold the program itself.
    private var inlineLetters: Set<Character> = []
    /// Long options that hold the program itself.
    private var inline: Set<String> = []
    /// Whether `-ab` is `-a -b`.
    private var joinsLetters = true
    /// Whether unknown long options have their values behind `=`.
    private var knowsOptions = true
    /// Words before the program, as `deno run`.
    private var verbs: Set<String> = []
    /// How the names of its programs end.
    private var endings: [String] = []
    /// Whether nothing else is a program.
    private var requiresEnding = false
    /// Whether `@FILE` stands for arguments in a file.
    private var readsArguments = false

    private init(_ names: Set<String>, valued: Set<String> = []) {
        self.names = names
        self.valued = valued
    }

    private static func with(
        _ names: Set<String>, valued: Set<String> = [], _ change: (inout Interpreter) -> Void
    ) -> Interpreter {
        var interpreter = Interpreter(names, valued: valued)
        change(&interpreter)
        return interpreter
    }

    /// The one whose executable that is, as `python3.11`.
    init?(executable: String) {
        guard let known = Self.all.first(where: { $0.isCalled(executable) }) else { return nil }
        self = known
    }

    func isCalled(_ name: String) -> Bool {
        let called = name.hasPrefix("-") ? name.dropFirst() : name[...]
        return names.contains(String(called))
            || ([""] + builds).contains { build in
                guard called.hasSuffix(build), build.isEmpty || called.dropLast(build.count).last?.isNumber == true
                else {
                    return false
                }
                let versioned = called.dropLast(build.count)
                let version = versioned.reversed().prefix { $0.isNumber || ".-".contains($0) }.count
                return names.contains(String(versioned.dropLast(version)))
            }
    }

    private static let all: [Interpreter] = [
        .with(["python", "pypy"], valued: ["--check-hash-based-pycs"]) {
            $0.builds = ["t", "d", "td", "m", "-c"]
            $0.valuedLetters = ["W", "X", "Q"]
            $0.namingLetters = ["m"]
            $0.inlineLetters = ["c"]
        },
        .with(
            ["node", "nodejs", "bun", "deno"],
            valued: [
                "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--title",
                "--icu-data-dir", "--openssl-config", "--diagnostic-dir", "--input-type", "--redirect-warnings",
                "--trace-event-categories", "--unhandled-rejections", "--tls-keylog", "--disable-warning",
                "--dns-result-order", "--watch-path", "--env-file", "-c", "--config", "--import-map",
            ]
        ) {
            $0.inline = ["-e", "--eval", "-p", "--print", "-pe"]
            $0.joinsLetters = false
            $0.knowsOptions = false
            $0.verbs = ["run", "inspect", "debug", "serve"]
            $0.endings = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"]
        },
        .with(
            ["java", "javaw"],
            valued: [
                "-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules", "--upgrade-module-path",
                "--add-opens", "--add-exports", "--add-reads", "--limit-modules", "--patch-module", "--source",
                "--enable-native-access",
            ]
        ) {
            $0.naming = ["-jar", "-m", "--module"]
            $0.joinsLetters = false
            $0.readsArguments = true
        },
        .with(["ruby", "jruby"]) {
            $0.valuedLetters = ["C", "I", "r", "E"]
            $0.attachedLetters = ["W", "K", "T", "F", "i", "x", "0"]
            $0.inlineLetters = ["e"]
        },
        .with(["perl"]) {
            $0.valuedLetters = ["I"]
            $0.attachedLetters = ["M", "m", "i", "x", "D", "V", "F", "C", "d", "0"]
            $0.inlineLetters = ["e", "E"]
        },
        .with(["php", "php-cgi"]) {
            $0.valuedLetters = ["c", "d", "z", "S", "t"]
            $0.namingLetters = ["f"]
            $0.inlineLetters = ["r", "B", "R", "F", "E"]
        },
        .with(["sh", "bash", "dash", "ash", "ksh", "zsh", "mksh"], valued: ["--rcfile", "--init-file"]) {
            $0.valuedLetters = ["o", "O"]
            $0.inlineLetters = ["c", "s"]
        },
        .with(
            ["dotnet", "mono"], valued: ["--runtimeconfig", "--depsfile", "--additionalprobingpath", "--fx-version"]
        ) {
            $0.joinsLetters = false
            $0.knowsOptions = false
            $0.verbs = ["exec"]
            $0.endings = [".dll", ".exe"]
            $0.requiresEnding = true
        },
        .with(["lua", "luajit", "tclsh", "wish", "guile"]) {
            $0.valuedLetters = ["l"]
            $0.inlineLetters = ["e", "c"]
        },
        .with(["R"]) {
            $0.naming = ["--file", "-f"]
            $0.inline = ["-e", "--args"]
            $0.joinsLetters = false
        },
    ]
}

extension Interpreter {
    private enum Step {
        case option
        case optionAndValue
        case program(String)
        case unknown
    }

    /// The program among the arguments of the interpreter.
    func program(_ arguments: [String]) -> String? {
        var index = 0
        var isSure = true
        while index < arguments.count {
            let argument = arguments[index]
            let rest = Array(arguments[(index + 1)...])
            if readsArguments, argument.hasPrefix("@") {
                index += 1
                continue
            }
            if argument == "--" { return rest.first.flatMap { Launcher.name(of: $0, rest.dropFirst()) } }
            guard argument.count > 1, "-+".contains(argument.prefix(1)) else {
                if verbs.contains(argument), index + 1 < arguments.count {
                    index += 1
                    continue
                }
                let isProgram = looksLikeProgram(argument) || (isSure && !requiresEnding)
                return isProgram ? Launcher.name(of: argument, rest[...]) : nil
            }
            switch step(argument, next: rest.first) {
            case .option: index += 1
            case .optionAndValue: index += 2
            case .program(let name): return Launcher.name(of: name, rest.drop { $0 == name })
            case .unknown: return nil
            }
            if !knowsOptions, argument.hasPrefix("--"), !argument.contains("="), !valued.contains(argument) {
                isSure = false
            }
        }
        return nil
    }

    private func looksLikeProgram(_ argument: String) -> Bool { endings.contains { argument.hasSuffix($0) } }

    private func step(_ argument: String, next: String?) -> Step {
        let (key, value) = Self.split(argument)
        if naming.contains(key) { return (value ?? next).map(Step.program) ?? .unknown }
        if inline.contains(key) { return .unknown }
        if valued.contains(argument) { return .optionAndValue }
        guard joinsLetters, !argument.hasPrefix("--") else { return .option }
        for (place, letter) in argument.enumerated().dropFirst() {
            let attached = String(argument.dropFirst(place + 1))
            if inlineLetters.contains(letter) { return .unknown }
            if namingLetters.contains(letter) {
                return (attached.isEmpty ? next : attached).map(Step.program) ?? .unknown
            }
            if attachedLetters.contains(letter) { return .option }
            if valuedLetters.contains(letter) { return attached.isEmpty ? .optionAndValue : .option }
        }
        return .option
    }

    private static func split(_ argument: String) -> (key: String, value: String?) {
        guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
        return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }
}

/// Programs that run another one, which they name in an argument.
enum Launcher {
    /// The base name of a program, and the application behind it where it is a known launcher: `uvicorn app:app`.
    static func name(of program: String, _ arguments: ArraySlice<String>) -> String? {
        let parts = program.split(separator: "/")
        guard let last = parts.last, last != "-" else { return nil }
        // A directory or an archive is run by the file of that name in it.
        let base = last == "__main__.py" && parts.count > 1 ? String(parts[parts.count - 2]) : String(last)
        if base == "bundle", arguments.first == "exec", let command = arguments.dropFirst().first {
            return name(of: command, arguments.dropFirst(2))
        }
        guard let application = application(of: base, Array(arguments)) else { return base }
        return "\(base) \(application)"
    }

    /// The same of the titles of gunicorn, `gunicorn: worker [app:app]`, and of celery; `nil` of others.
    static func name(ofTitle title: String) -> String? {
        if title.hasPrefix("[celeryd: ") { return "celery" }
        let words = title.split(separator: " ")
        guard words.count == 3, words[0] == "gunicorn:", words[2].hasPrefix("["), words[2].hasSuffix("]") else {
            return nil
        }
        let application = String(words[2].dropFirst().dropLast())
        return module(application).map { "gunicorn \($0)" } ?? "gunicorn"
    }

    private static let servers: Set<String> = [
        "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve",
    ]
    /// Options of theirs that have no value.
    private static let flags: Set<String> = [
        "--reload", "--preload", "--daemon", "-D", "--factory", "--proxy-headers", "--no-proxy-headers",
        "--use-colors", "--no-use-colors", "--access-log", "--no-access-log", "--server-header", "--date-header",
        "--call",
    ]

    private static func application(of base: String, _ arguments: [String]) -> String? {
        switch base {
        case "celery", "flask": value(of: ["-A", "--app"], in: arguments)
        case "gunicorn": server(arguments, by: module)
        case _ where servers.contains(base): server(arguments) { isApplication($0) ? $0 : nil }
        default: nil
        }
    }

    private static func value(of options: Set<String>, in arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if options.contains(argument) { return index + 1 < arguments.count ? arguments[index + 1] : nil }
            let parts = argument.split(separator: "=", maxSplits: 1)
            if parts.count == 2, options.contains(String(parts[0])) { return String(parts[1]) }
        }
        return nil
    }

    /// The argument that names an application, and is no option's value.
    private static func server(_ arguments: [String], by application: (String) -> String?) -> String? {
        for (index, argument) in arguments.enumerated() {
            guard let name = application(argument) else { continue }
            guard index > 0, arguments[index - 1].hasPrefix("-") else { return name }
            if flags.contains(arguments[index - 1]) || arguments[index - 1].contains("=") { return name }
        }
        return nil
    }

    /// What gunicorn takes: `MODULE`, `MODULE:NAME`, or `MODULE:NAME(…)` without its arguments; `nil` for another text.
    private static func module(_ argument: String) -> String? {
        let name = String(argument.hasSuffix(")") ? argument.prefix { $0 != "(" } : argument[...])
        return isApplication(name) || name == argument && isApplication(name + ":app") ? name : nil
    }

    private static func isApplication(_ argument: String) -> Bool {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                guard let first = part.first, first.isLetter || first == "_" else { return false }
                return part.allSatisfy { $0.isLetter || $0.isNumber || "_.".contains($0) }
            }
    }
}
