import AgentConfiguration
import TestSupport
import Testing

/// Bytes that nobody who wants a configuration would write.
@Suite struct HostileTests {
    private func problem(_ bytes: [UInt8]) -> String? {
        let file = ConfigurationFile(path: "f", bytes: bytes)
        do throws(ConfigurationError) {
            _ = try LoadedConfiguration(file: file, validateRules: { _ in })
            return nil
        } catch {
            return error.problems.first?.description
        }
    }

    private func problem(_ text: String) -> String? { problem(Array(text.utf8)) }

    @Test func `Aliases that stand for billions of values`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<20 {
            let before = "*a\(level - 1)"
            text += "a\(level): &a\(level) [" + Array(repeating: before, count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(problem(text)?.contains("alias") == true)
        #expect(problem(text.replacing(", *", with: ",*"))?.contains("alias") == true)
        #expect(problem("a: &a [b, &c [d]]\nb: [*a, *c]\n? *a\n: c\n")?.contains("alias") == true)
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "a:\n"], [20, 900, 20_000])
    func `Deep nesting`(opening: String, depth: Int) {
        var text = ""
        for level in 0..<depth where text.utf8.count < 200_000 {
            text += opening == "a:\n" ? String(repeating: " ", count: min(level, 900)) + opening : opening
        }
        #expect(problem(text) != nil)
        let closing = opening == "[" ? "]" : "}"
        #expect(problem(text + String(repeating: closing, count: depth)) != nil)
    }

    @Test func `A huge file`() {
        #expect(
            problem([UInt8](repeating: UInt8(ascii: "#"), count: 10 << 20))?.contains("larger than 256 KiB") == true)
        #expect(problem("groups: [" + String(repeating: "a,", count: 100_000) + "]") != nil)
        #expect(problem(String(repeating: "a: 1\n", count: 40_000)) != nil)
    }

    @Test(arguments: [
        [0xFF, 0xFE, 0x61, 0x00], [0x61, 0x3A, 0x0A, 0x62, 0xC3], [0x61, 0x00], [0xEF, 0xBB, 0xBF, 0x1B],
        [0x61, 0x3A, 0x20, 0x7F],
    ])
    func `Bytes that are not text`(bytes: [UInt8]) { #expect(problem(bytes)?.hasPrefix("f:") == true) }

    @Test func `A place is told for bytes that are not text`() {
        #expect(problem(Array("watch:\n  interval: ".utf8) + [0xC3, 0x28])?.hasPrefix("f:2:13: not UTF-8") == true)
    }

    /// Changes of the example: each gives a configuration or a complaint on one line, and never a trap.
    @Test func `Mutations never crash`() throws {
        let example = Array(try exampleText().utf8)
        let pieces = [
            "[", "]", "{", "}", ": ", "- ", "&a ", "*a", "? ", "|\n", ">\n", "\"", "'", "\n", "  ", "\t", "!!int ",
            "#", "off", "~", "-1", "1e9", "99999999999999999999", "\u{0}", "\u{202E}", "%", "---\n", "<<: ", "watch:\n",
        ]
        .map { Array($0.utf8) }
        var generator = SeededGenerator(state: 20_26)
        var accepted = 0
        let rounds = 1500
        for _ in 0..<rounds {
            var bytes = example
            if Bool.random(using: &generator) {
                let start = Int.random(in: 0..<bytes.count, using: &generator)
                bytes = Array(bytes[start...].prefix(Int.random(in: 1...2000, using: &generator)))
            }
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0...bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1:
                    let end = min(bytes.count, place + Int.random(in: 0...40, using: &generator))
                    bytes.removeSubrange(place..<end)
                case 2:
                    let line = bytes[place...].prefix { $0 != UInt8(ascii: "\n") } + [UInt8(ascii: "\n")]
                    bytes.insert(contentsOf: Array(line), at: place)
                default: bytes.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: place)
                }
            }
            guard let complaint = problem(bytes) else {
                accepted += 1
                continue
            }
            #expect(complaint.hasPrefix("f:") && !complaint.contains { $0.isNewline } && complaint.utf8.count < 2000)
        }
        #expect((1..<rounds).contains(accepted))
    }
}
