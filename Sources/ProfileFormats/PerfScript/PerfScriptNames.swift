import ProfileModel
import Profiles
import SystemSupport

/// Names as they are, like perf's, but for what would end a line, or be read as something else.
///
/// stackcollapse-perf.pl shortens them as it shortens perf's: it cuts a function at its first `(` unless it is written
/// like Go's, splits it at `->`, omits it where it begins with `(`, writes `:` for `;` and removes quotes.
enum PerfScriptNames {
    /// A function's name.
    static func function(_ name: String) -> String {
        var text = printable(name).trimmingSpaces
        // What is left is read as a name and an offset in it.
        if offset(in: text) != nil { text += "+0x0" }
        return text.isEmpty ? "[unknown]" : text
    }

    /// A thread's name; a colon in it may end what is read as a time, where two words precede it.
    static func thread(_ name: String) -> String {
        var text = printable(name).trimmingSpaces
        let words = Array(text.utf8).split(separator: UInt8(ascii: " "))
        if words.dropFirst(2).contains(where: PerfScriptHeader.isTime) { text = text.replacing(":", with: "_") }
        return text.isEmpty || text.hasPrefix("#") ? "_" + text : text
    }

    /// An object file's path, whose parentheses must match within those around it.
    static func object(_ path: String) -> String {
        var text = printable(path)
        if !hasMatchingParentheses(text) { text = text.replacing("(", with: "_").replacing(")", with: "_") }
        return text.isEmpty ? "[unknown]" : text
    }

    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter(PrintableText.isPrintable)))
    }

    private static func hasMatchingParentheses(_ text: String) -> Bool {
        var depth = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if depth < 0 { return false }
        }
        return depth == 0
    }

    /// Where a trailing `+0x1c` begins; `nil` without one.
    static func offset(in name: String) -> String.Index? {
        guard let plus = name.utf8.lastIndex(of: UInt8(ascii: "+")), plus > name.startIndex else { return nil }
        let rest = name.utf8[name.utf8.index(after: plus)...]
        guard rest.starts(with: "0x".utf8), rest.count > 2 else { return nil }
        let isHexadecimal = rest.dropFirst(2).allSatisfy { byte in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
        }
        return isHexadecimal ? plus : nil
    }
}

extension String {
    /// Without spaces at both ends.
    fileprivate var trimmingSpaces: String {
        var scalars = unicodeScalars[...]
        while scalars.first == " " { scalars.removeFirst() }
        while scalars.last == " " { scalars.removeLast() }
        return String(scalars)
    }
}
