import SystemSupport
import Testing

@Suite struct PrintableTextTests {
    @Test(arguments: ["", "redis-server", "größe", "名前", "a b", "❤", "x\u{301}", "C:\\dir"])
    func `Text that is only seen stays as it is`(text: String) { #expect(printable(text) == text) }

    @Test(arguments: [
        ("a\nb", "a\\u{a}b"), ("\u{1B}[2J", "\\u{1b}[2J"), ("\u{7F}", "\\u{7f}"), ("\u{9B}0m", "\\u{9b}0m"),
        ("exe\u{202E}gpj", "exe\\u{202e}gpj"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"), ("\u{2028}", "\\u{2028}"),
        ("a\u{200B}b", "a\\u{200b}b"), ("a\u{200D}b", "a\\u{200d}b"), ("\u{FEFF}", "\\u{feff}"),
        ("\u{E0041}", "\\u{e0041}"), ("\u{FE0F}", "\\u{fe0f}"), ("\u{3164}", "\\u{3164}"), ("\u{34F}", "\\u{34f}"),
        ("\u{E000}", "\\u{e000}"), ("\u{FFFE}", "\\u{fffe}"), ("\u{10FFFF}", "\\u{10ffff}"), ("\r", "\\u{d}"),
        ("\0", "\\u{0}"), ("\u{AD}", "\\u{ad}"),
    ])
    func `What acts or hides is escaped`(text: String, expected: String) { #expect(printable(text) == expected) }

    @Test(arguments: [
        ("", ""), ("\n", "\n"), ("SELF  FUNCTION\n│ ├ größe\n", "SELF  FUNCTION\n│ ├ größe\n"), ("\ta\n\n", "\ta\n\n"),
        ("a\r\n\u{1B}[2Jb\n\u{9B}31mc", "a\\u{d}\n\\u{1b}[2Jb\n\\u{9b}31mc"),
        ("\u{1B}]0;title\u{7}\n\u{202E}x", "\\u{1b}]0;title\\u{7}\n\\u{202e}x"),
    ])
    func `Of lines, only their ends and tabs act`(text: String, expected: String) {
        #expect(String(decoding: PrintableText.lines(of: Array(text.utf8)), as: UTF8.self) == expected)
    }

    @Test func `Lines are not cut, and bytes that are no UTF-8 are replaced in them`() {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        #expect(PrintableText.lines(of: long) == long)
        #expect(PrintableText.lines(of: [0x9B, 0x0A, 0x61]) == Array("\u{FFFD}\na".utf8))
    }

    @Test func `Bytes that are no UTF-8 are replaced`() {
        #expect(PrintableText.escaped(bytes: [0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(PrintableText.escaped(bytes: [0xED, 0xA0, 0x80]).allSatisfy { $0 == "\u{FFFD}" })
        #expect(PrintableText.escaped(bytes: [0xC0, 0xAF]).allSatisfy { $0 == "\u{FFFD}" })
        #expect(PrintableText.escaped(bytes: repeatElement(UInt8(ascii: "x"), count: 1_000_000), limit: 5) == "xxxx…")
    }

    @Test(arguments: [
        ("abcd", 4, "abcd"), ("abcde", 4, "abc…"), ("名前名前名", 4, "名前名…"), ("\n\n", 6, "\\u{a}…"), ("ab\nc", 4, "ab…"),
        ("\n", 3, "…"), ("abc", 0, ""), ("a\n", 6, "a\\u{a}"),
    ])
    func `Longer text is cut between what is shown of one scalar`(text: String, limit: Int, expected: String) {
        #expect(printable(text, limit: limit) == expected)
    }

    @Test(arguments: 0..<200) func `Any text becomes one bounded line, and stays so`(seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: UInt64) -> UInt64 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (random >> 33) % bound
        }
        let bytes = (0..<next(60)).map { _ in UInt8(next(3) == 0 ? next(256) : next(128)) }
        let limit = Int(next(40)) + 1
        let shown = PrintableText.escaped(bytes: bytes, limit: limit)
        #expect(shown.unicodeScalars.allSatisfy(PrintableText.isPrintable))
        #expect(shown.unicodeScalars.count <= limit)
        #expect(printable(shown, limit: limit) == shown)
    }

    @Test(arguments: [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("名前", 3, "名…"), ("名前", 2, "…"), ("a", 0, "")])
    func `Text is clipped to columns`(text: String, columns: Int, expected: String) {
        #expect(TextColumns.clipped(text, to: columns) == expected)
    }

    @Test(arguments: [
        ("abc", 3), ("größe", 5), ("x\u{301}", 1), ("名前", 4), ("ｱ", 1), ("Ａ", 2), ("–…±│", 4), ("⌚🚀", 4), ("한", 2),
        ("Привет", 6), ("", 0),
    ])
    func `Text is aligned by what a terminal gives it`(text: String, columns: Int) {
        #expect(TextColumns.onTerminal(text) == columns)
        #expect(TextColumns.padded(text, to: columns + 2) == text + "  ")
        #expect(TextColumns.padded(text, to: columns + 2, alignedRight: true) == "  " + text)
        #expect(TextColumns.padded(text, to: columns - 1) == text)
    }
}
