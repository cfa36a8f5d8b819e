import ProfileModel
import Profiles
import SystemSupport

/// Names as they survive stackcollapse-perf.pl: it splits a function at `->`, cuts it at its first `(`, removes quotes,
/// and leaves out what begins with `(`.
enum PerfScriptNames {
    /// A function's name, on one line and without what the script cuts.
    static func function(_ name: String) -> String {
        var text = name.replacing("(anonymous namespace)", with: "{anonymous}").replacing("->", with: "- >")
        text = String(text.drop { $0 == "(" })
        if let cut = parameters(in: text) { text = String(text[..<cut]) }
        let plain = text.unicodeScalars.filter { scalar in
            PrintableText.isPrintable(scalar) && scalar != "\"" && scalar != "'"
        }.map { $0 == ";" ? ":" : $0 }
        text = String(String.UnicodeScalarView(plain)).trimmingSpaces
        // What is left is read as a name and an offset in it.
        if offset(in: text) != nil { text += "+0x0" }
        return text.isEmpty ? "[unknown]" : text
    }

    /// A thread's name: a space before a digit would begin the thread's number.
    static func thread(_ name: String) -> String {
        var scalars: [Unicode.Scalar] = []
        for scalar in name.unicodeScalars where PrintableText.isPrintable(scalar) {
            if "0"..."9" ~= scalar, scalars.last == " " { scalars[scalars.count - 1] = "_" }
            scalars.append(scalar)
        }
        let text = String(String.UnicodeScalarView(scalars)).trimmingSpaces
        return text.isEmpty || text.hasPrefix("#") ? "_" + text : text
    }

    /// An object file's path, which has no spaces and brackets.
    static func object(_ path: String) -> String {
        let scalars = path.unicodeScalars.map { scalar -> Unicode.Scalar in
            PrintableText.isPrintable(scalar) && !scalar.properties.isWhitespace && scalar != "(" && scalar != ")"
                ? scalar : "_"
        }
        return scalars.isEmpty ? "[unknown]" : String(String.UnicodeScalarView(scalars))
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

    /// Where parameters begin, unless the name is of a Go method such as `net/http.(*Client).Do`.
    private static func parameters(in name: String) -> String.Index? {
        guard let start = name.firstRange(of: ".("), name[start.upperBound...].contains(").") else {
            return name.firstIndex(of: "(")
        }
        return nil
    }
}

extension String {
    /// Without spaces at both ends.
    fileprivate var trimmingSpaces: String {
        var scalars = unicodeScalars[...]
        while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return String(scalars)
    }
}
