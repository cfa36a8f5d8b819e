import Testing

@testable import PerfMaps

@Suite struct PerfMapLineTests {
    private func line(_ text: String) throws(PerfMapProblem) -> PerfMapLine {
        try PerfMapLine(parsing: Array(text.utf8)[...])
    }

    @Test(
        "Two hexadecimal numbers are followed by a name of any bytes",
        arguments: [
            ("7f95d77c5b80 180 JS:*fib /srv/a.js:1:13", 0x7f95_d77c_5b80, 0x180, "JS:*fib /srv/a.js:1:13"),
            ("7F 1 x", 0x7f, 1, "x"), ("0x1000 0x20 with prefixes", 0x1000, 0x20, "with prefixes"),
            ("10  20   blanks before and after ", 0x10, 0x20, "blanks before and after "), ("0 1 \t", 0, 1, "\t"),
            ("ffffffffffffffff 0", nil, nil, nil), ("ffffffffffffff00 ff last", 0xffff_ffff_ffff_ff00, 0xff, "last"),
        ] as [(String, UInt64?, UInt64?, String?)])
    func parsed(text: String, start: UInt64?, size: UInt64?, name: String?) {
        let line = try? line(text)
        #expect(line?.start == start)
        #expect(line.map { $0.end - $0.start } == size)
        #expect(line.map { String(decoding: $0.name, as: UTF8.self) } == name)
    }

    @Test(
        "A line that names no code says why",
        arguments: [
            ("", .noAddress), (" 1 2 x", .noAddress), ("g 1 x", .noAddress), ("0x 1 x", .noAddress),
            ("11111111111111111 1 x", .noAddress), ("-1 1 x", .noAddress), ("1", .noSize), ("1 ", .noSize),
            ("1 y x", .noSize), ("1 2", .noName), ("1 2  ", .noName), ("1 0 x", .implausibleSize),
            ("1 4000001 x", .implausibleSize), ("ffffffffffffff00 100 x", .implausibleSize),
        ] as [(String, PerfMapProblem)])
    func refused(text: String, problem: PerfMapProblem) {
        #expect(throws: problem) { try line(text) }
    }
}
