internal import SystemSupport

/// Text from a process that isn't trusted, made fit for a terminal and for a line of a file.
enum DisplayName {
    /// The text without what is not printable, cut at a length in bytes.
    static func cleaned(_ text: String, maximumLength: Int) -> String {
        let bytes = text.utf8
        if bytes.count <= maximumLength, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        var cleaned = String.UnicodeScalarView()
        var length = 0
        for scalar in text.unicodeScalars where PrintableText.isPrintable(scalar) {
            length += UTF8.width(scalar)
            guard length <= maximumLength else { return String(cleaned) + "…" }
            cleaned.append(scalar)
        }
        return String(cleaned)
    }

    /// The last part of a path, without the brackets of the kernel's own names such as `[vdso]`.
    static func base(ofPath path: String) -> String {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] } ?? path[...]
        let bare = name.hasPrefix("[") && name.hasSuffix("]") ? name.dropFirst().dropLast() : name
        return cleaned(String(bare), maximumLength: 256)
    }
}
