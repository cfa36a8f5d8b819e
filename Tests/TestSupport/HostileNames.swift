/// Names that a hostile process could give its threads, symbols and commands.
package enum HostileNames {
    package static let all = [
        "a;b;c", "line\nfeed", "carriage\rreturn", "tab\there", "\u{1b}[31mred\u{1b}[0m", "nul\u{0}inside",
        "Thread 3", "Thread 3.5", "Thread 3.", "Thread 4 5", "ends in space ", "3", " 3", " ", "", ";", "\u{7f}",
        "<script>alert(1)</script>", "]]>", "<![CDATA[", "</title></svg>", "\"quoted\" & 'quoted'", "&lt;&#0;",
        "\u{FFFE}\u{FFFF}\u{1FFFE}", "\u{85}\u{2028}\u{2029}", "\u{202E}desrever\u{2066}", "日本語の関数名", "🧵🧵🧵",
        "e\u{301}", "\u{e9}", "z\u{300}\u{301}\u{302}", "operator()(int) (1,234 samples, 12.34%)", "--x", "# comment",
        String(repeating: "long", count: 10_000), String(repeating: "\u{1b}", count: 10_000),
    ]
}
