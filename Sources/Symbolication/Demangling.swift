internal import CDemangle
internal import ProfileModel

/// Names of functions as their programmers wrote them.
package enum Demangling {
    /// The readable form of a symbol's name; the name itself when it isn't mangled, or can't be demangled.
    ///
    /// C++ names have no parameters and no return type: in a flame graph they fill the width
    /// that tells functions apart, and overloads are rarely the question. Swift names have argument labels.
    ///
    /// What the libraries do with a hostile name has no bound: they loop, abort, or exhaust the stack. So this belongs
    /// into a process that may end, under limits of time and memory.
    ///
    /// - Parameter showsArguments: whether C++ names have long lists of template arguments.
    package static func readable(_ name: String, withTemplateArguments showsArguments: Bool = true) -> String {
        let mangled = MangledName(name)
        if mangled.scheme == .none { return mangled.base + mangled.suffix }
        guard let full = demangled(mangled) else { return name }
        let shown =
            switch mangled.scheme {
            case .itanium: showsArguments ? full : TemplateArguments.shortened(in: full)
            case .swift: withoutSpecialization(full)
            case .rust, .none: full
            }
        return shown + mangled.suffix
    }

    /// A copy of a Swift function that was compiled for certain types or arguments is the function.
    private static func withoutSpecialization(_ name: String) -> String {
        let word = "specialized "
        let name = name.replacing(" in " + word, with: " in ")
        return name.hasPrefix(word) ? String(name.dropFirst(word.count)) : name
    }

    private static func demangled(_ name: MangledName) -> String? {
        let base = String(name.base)
        guard base.utf8.count <= maximumMangledLength else { return nil }
        // Safe: each reads the terminated name, and writes at most as many bytes as it is told.
        return switch name.scheme {
        case .itanium: unsafe output { unsafe cdemangle_itanium(base, $0, $1) }
        case .rust: unsafe output { unsafe cdemangle_rust(base, $0, $1) }
        case .swift: unsafe output { unsafe cdemangle_swift(base, $0, $1) }
        case .none: nil
        }
    }

    private static func output(_ demangle: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String? {
        // Safe: the closure initialises the bytes that it counts. The result is a copy of just these.
        let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: maximumLength) { buffer in
            let count = unsafe demangle(buffer.baseAddress, maximumLength)
            return unsafe String(decoding: UnsafeRawBufferPointer(buffer).prefix(count), as: UTF8.self)
        }
        if text.isEmpty { return nil }
        return text.utf8.count < maximumLength ? text : text + "…"
    }

    private static let maximumMangledLength = 1 << 16
    private static let maximumLength = 1 << 16
}
