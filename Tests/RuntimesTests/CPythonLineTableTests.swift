internal import Runtimes
internal import TestSupport
internal import Testing

@Suite("Tables of lines of CPython")
struct CPythonLineTableTests {
    /// A table that an interpreter made, and the lines that it gives the code: where each range ends, and its line.
    ///
    /// The function has calls over several lines, a loop, a handler, a generator and a comprehension.
    struct Recording: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let format: CPythonLineTable.Format
        let table: String
        let lines: [(end: Int, line: Int?)]

        static let all = [
            Recording(
                testDescription: "3.9", format: .deltas,
                table: """
                    000204010201020102fe0804020102ff020202fe10030e011e02040410fc0404
                    """,
                lines: [
                    (4, 4), (6, 5), (8, 6), (10, 7), (18, 5), (20, 9), (22, 10), (24, 9), (26, 11), (42, 9), (56, 12),
                    (86, 13), (90, 15), (106, 19), (110, 15), (130, 19),
                ]),
            Recording(
                testDescription: "3.10", format: .ranges,
                table: """
                    0280040202010201020108fe0204020102ff02020cfe04fc0e070601088002ff02f9040a120404fc1004
                    """,
                lines: [
                    (2, nil), (6, 4), (8, 5), (10, 6), (12, 7), (20, 5), (22, 9), (24, 10), (26, 9), (28, 11), (40, 9),
                    (44, 5), (58, 12), (64, 13), (72, nil), (74, 12), (76, 5), (80, 15), (98, 19), (102, 15), (118, 19),
                ]),
            Recording(
                testDescription: "3.13", format: .locations,
                table: """
                    e9008000f004100513dc1116d80c0dd80c0df60503120a8841f408001314d81011f003021314e01112f205021314f400020d14f2\
                    0903120af014000d0e8801f10800191af300010d1399019031dc1011f703000e0f99018801f000010d138801f8f40f000c13f300\
                    010524dc0e189865d00823fbf003010524fcf20e010d13f8f009000d0e8801f10800191af300010d1399019031dc1011f703000e\
                    0f99018801f000010d138801f9f200010d13fc
                    """,
                lines: [
                    (6, 2), (8, 4), (18, 5), (20, 6), (22, 7), (38, 5), (48, 9), (50, 10), (52, 9), (54, 11), (70, 9),
                    (76, 5), (80, 15), (98, 19), (108, 20), (134, 19), (136, nil), (154, 12), (168, 13), (176, nil),
                    (178, 12), (188, nil), (194, 19), (196, nil), (200, 15), (218, 19), (228, 20), (254, 19),
                    (258, nil), (264, 19), (274, nil),
                ]),
        ]
    }

    @Test("each instruction has the line that the interpreter gave it", arguments: Recording.all)
    func readsLines(of recording: Recording) {
        let table = CPythonLineTable(format: recording.format, firstLine: 2, bytes: bytes(recording.table))
        var start = 0
        for range in recording.lines {
            for offset in stride(from: start, to: range.end, by: 2) {
                #expect(table.line(atInstruction: offset) == range.line, "at \(offset)")
            }
            start = range.end
        }
        #expect(table.line(atInstruction: -2) == 2)
    }

    @Test("any bytes are read to their end", arguments: [CPythonLineTable.Format.deltas, .ranges, .locations])
    func readsAnything(in format: CPythonLineTable.Format) {
        var generator = SeededGenerator(state: 12)
        for count in 0..<500 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let table = CPythonLineTable(
                format: format, firstLine: .random(in: -9...9, using: &generator), bytes: bytes)
            for offset in [0, 1, 200, .max] { #expect(table.line(atInstruction: offset).map { $0 >= 0 } ?? true) }
        }
    }

    @Test("a difference of lines that never ends is cut")
    func boundsNumbers() {
        let table = CPythonLineTable(
            format: .locations, firstLine: 1, bytes: [0xE8] + [UInt8](repeating: 0x7F, count: 1000))
        #expect(table.line(atInstruction: 0) == nil)
    }

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(16 * digits[$0] + digits[$0 + 1]) }
    }
}
