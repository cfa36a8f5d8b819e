internal import CDemangle

/// Names of functions as their programmers wrote them.
package enum Demangling {
    /// The readable form of a symbol's name; the name itself when it isn't mangled, or can't be demangled safely.
    ///
    /// C++ names have template arguments but no parameters and no return type: in a flame graph they fill the width
    /// that tells functions apart, and overloads are rarely the question. Swift names have argument labels.
    package static func readable(_ name: String) -> String {
        let mangled = MangledName(name)
        return (demangled(mangled) ?? String(mangled.base)) + suffix(of: mangled)
    }

    private static func demangled(_ name: MangledName) -> String? {
        let base = String(name.base)
        guard name.scheme != .none, base.utf8.count <= maximumMangledLength,
            DemanglingCost.isAcceptable(base, name.scheme)
        else { return nil }
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

    /// `.constprop.0` as ` [clone .constprop.0]`, like c++filt; `.llvm.123`, which only makes a name unique, as nothing.
    private static func suffix(of name: MangledName) -> String {
        var variant = name.variant
        if variant.hasPrefix(".llvm.") { variant = variant.dropFirst(6).drop { $0.isNumber } }
        return variant.isEmpty ? "" : " [clone \(variant)]"
    }

    private static let maximumMangledLength = 4096
    private static let maximumLength = 1 << 16
}
