package import Foundation

extension Browser {
    /// Opens a file, anew also where only the fragment is another one.
    package func open(_ file: URL, fragment: String = "") throws {
        try open("about:blank")
        try open(file.absoluteString + (fragment.isEmpty ? "" : "#" + fragment))
    }

    package func text(_ script: String) throws -> String { try value("return " + script) }

    package func number(_ script: String) throws -> Double { try value("return " + script) }

    package func isTrue(_ script: String) throws -> Bool { try value("return " + script) }
}
