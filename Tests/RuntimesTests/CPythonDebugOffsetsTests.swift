internal import SystemSupport
internal import TestSupport
internal import Testing

@testable import Runtimes

@Suite("The offsets that CPython publishes")
struct CPythonDebugOffsetsTests {
    @Test("the published offsets give the layout that the headers give", arguments: CPythonMeasuredLayout.all)
    func agreesWithHeaders(measured: CPythonMeasuredLayout) throws {
        let offsets = try CPythonDebugOffsets(parsing: bytes(of: measured.words))
        #expect(offsets.version == measured.version)
        #expect(offsets.layout == measured.layout)
    }

    @Test("bytes that end early, at any place, are refused", arguments: CPythonMeasuredLayout.all)
    func truncated(measured: CPythonMeasuredLayout) throws {
        let whole = bytes(of: measured.words)
        try #require(whole.count > CPythonDebugOffsets.byteCount)
        for count in 0..<CPythonDebugOffsets.byteCount {
            #expect(throws: CPythonDebugOffsetsError.self) {
                try CPythonDebugOffsets(parsing: Array(whole.prefix(count)))
            }
        }
        #expect(throws: CPythonDebugOffsetsError.noCookie) { try CPythonDebugOffsets(parsing: []) }
    }

    @Test("a word that is no offset is refused or isn't used", arguments: CPythonMeasuredLayout.all)
    func implausibleWords(measured: CPythonMeasuredLayout) throws {
        for index in 3..<measured.words.count {
            for word: UInt64 in [.max, 1 << 63, 1 << 20, 0xF_FFFF, 3] {
                var words = measured.words
                words[index] = word
                guard let offsets = try? CPythonDebugOffsets(parsing: bytes(of: words)) else { continue }
                #expect(offsets.layout == measured.layout || word < 1 << 20, "word \(index)")
                #expect(isPlausible(offsets.layout), "word \(index)")
            }
        }
    }

    @Test("random words never trap, and give plausible layouts if any")
    func randomWords() {
        var random = SeededGenerator(state: 7)
        for _ in 0..<2_000 {
            for measured in CPythonMeasuredLayout.all {
                var words = measured.words
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    let index = Int.random(in: words.indices, using: &random)
                    words[index] = UInt64.random(in: 0...UInt64.max, using: &random)
                    words[index] >>= UInt64.random(in: 0...63, using: &random)
                }
                guard let offsets = try? CPythonDebugOffsets(parsing: bytes(of: words)) else { continue }
                #expect(isPlausible(offsets.layout))
            }
        }
    }

    @Test(
        "versions whose order of fields isn't known are named",
        arguments: [0x030F_00F0, 0x030C_01F0, 0x040E_00F0, 0x030E_00A5, 0x030D_00B2])
    func unknownVersions(number: UInt64) throws {
        let measured = try #require(CPythonMeasuredLayout.all.last)
        var words = measured.words
        words[1] = number
        words[2] = 0
        #expect(throws: CPythonDebugOffsetsError.unsupported(CPythonVersion(hexadecimal: number))) {
            try CPythonDebugOffsets(parsing: bytes(of: words))
        }
        words[1] = 0x030E_00C1
        #expect(throws: Never.self) { try CPythonDebugOffsets(parsing: bytes(of: words)) }
    }

    private func bytes(of words: [UInt64]) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }

    private func isPlausible(_ layout: CPythonLayout) -> Bool {
        let code = layout.code
        let offsets =
            [
                layout.interpreter.next, layout.interpreter.threadsHead, layout.thread.next, layout.thread.threadID,
                layout.frame.previous, layout.frame.code, layout.frame.byteCount, code.name, code.fileName,
                code.firstLine, code.byteCount,
            ]
            + [layout.lock?.locked, layout.lock?.lastHolder, layout.threadCode?.index, layout.threadCode?.array]
            .compactMap(\.self)
        return offsets.allSatisfy { 0 <= $0 && $0 <= 1 << 20 }
    }
}
