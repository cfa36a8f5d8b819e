import Foundation

/// A CPython that is installed on this machine.
package struct PythonInstallation: Hashable, Sendable, CustomStringConvertible {
    /// Starts the interpreter.
    package let path: String
    package let major: Int
    package let minor: Int
    package let isFreeThreaded: Bool

    package var description: String { path }

    /// Those of version 3 in PATH's directories, in pyenv's, and in the variable `SONDE_TEST_PYTHONS` (programs named
    /// `python3.N` or `python3.Nt`, separated by colons).
    package static let all: [PythonInstallation] = {
        let environment = ProcessInfo.processInfo.environment
        let manager = FileManager.default
        let pyenv = environment["PYENV_ROOT"] ?? (environment["HOME"] ?? "") + "/.pyenv"
        let versions = (try? manager.contentsOfDirectory(atPath: pyenv + "/versions")) ?? []
        let directories =
            ["/usr/bin", "/usr/local/bin"] + list(environment["PATH"]).filter { !$0.hasPrefix(pyenv) }
            + versions.sorted().map { "\(pyenv)/versions/\($0)/bin" }
        let programs = directories.flatMap { directory in
            ((try? manager.contentsOfDirectory(atPath: directory)) ?? []).map { "\(directory)/\($0)" }
        }
        var known: Set<String> = []
        return (programs.sorted() + list(environment["SONDE_TEST_PYTHONS"])).compactMap { path in
            guard manager.isExecutableFile(atPath: path), let found = PythonInstallation(path: path),
                known.insert(URL(filePath: path).resolvingSymlinksInPath().path).inserted
            else { return nil }
            return found
        }
    }()

    /// Those that have trio.
    package static let withTrio = all.filter { $0.minor >= 7 && $0.has("trio") }
    /// Those that have greenlet, and keep lists of objects.
    package static let withGreenlet = all.filter { $0.minor >= 9 && !$0.isFreeThreaded && $0.has("greenlet") }

    private func has(_ module: String) -> Bool { (try? run([path, "-c", "import \(module)"]))?.status == .exited(0) }

    /// `nil` for a path that doesn't end with `python3.N` or `python3.Nt`.
    private init?(path: String) {
        let name = path.split(separator: "/").last ?? ""
        guard let match = name.wholeMatch(of: /python3\.([0-9]+)(t?)/), let minor = Int(match.1) else { return nil }
        self.path = path
        major = 3
        self.minor = minor
        isFreeThreaded = !match.2.isEmpty
    }

    private static func list(_ value: String?) -> [String] { (value ?? "").split(separator: ":").map(String.init(_:)) }
}
