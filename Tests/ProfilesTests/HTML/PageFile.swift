import Foundation
import TestSupport

/// What a reader of the format finds in a page.
struct PageFile {
    struct Malformed: Error {
        let what: String
    }

    struct Row: Hashable {
        let name: String
        let kind: Int
        let object: String?
        let file: String?
    }

    struct Sample: Hashable {
        /// From the root; a `+` follows the name of an inlined function.
        let path: [String]
        let thread: String
        let truncation: String?
        let value: UInt64
    }

    struct Run: Hashable {
        let start: UInt64
        let sample: Int
        let count: UInt64
        let length: UInt64
    }

    let text: String
    let rows: [Row]
    let samples: [Sample]
    /// Of rows and threads; 0 is grey.
    let objectHues: [UInt64]
    let threadHues: [UInt64]
    /// `nil` where the page has no times.
    let runs: [Run]?

    init(_ bytes: [UInt8]) throws {
        text = String(decoding: bytes, as: UTF8.self)
        guard var tables = try PageReader(text, id: "tables") else { throw Malformed(what: "no tables") }
        let texts = try tables.texts()
        func optional(_ number: UInt64) -> String? { number == 0 ? nil : texts[Int(number) - 1] }
        let columns = try (0..<6).map { _ in try tables.numbers() }
        rows = columns[0].indices.map { row in
            Row(
                name: texts[Int(columns[0][row])], kind: Int(columns[1][row]), object: optional(columns[2][row]),
                file: optional(columns[3][row]))
        }
        let names = rows.map(\.name)
        let nodes = try (0..<3).map { _ in try tables.numbers() }
        var paths: [[String]] = []
        for node in nodes[0].indices {
            let caller = nodes[0][node] == 0 ? [] : paths[node - Int(nodes[0][node])]
            paths.append(caller + [names[Int(nodes[1][node])] + (nodes[2][node] == 1 ? "+" : "")])
        }
        let threads = try (0..<3).map { _ in try tables.numbers() }
        let samples = try (0..<4).map { _ in try tables.numbers() }
        self.samples = samples[0].indices.map { sample in
            Sample(
                path: samples[0][sample] == 0 ? [] : paths[Int(samples[0][sample]) - 1],
                thread: names[Int(threads[2][Int(samples[1][sample])])],
                truncation: samples[2][sample] == 0 ? nil : names[Int(samples[2][sample]) - 1],
                value: samples[3][sample])
        }
        (objectHues, threadHues) = (try tables.numbers(), try tables.numbers())
        guard tables.isAtEnd else { throw Malformed(what: "more than the tables") }
        runs = try PageReader(text, id: "times").map { times in
            var times = times
            let columns = try (0..<4).map { _ in try times.numbers() }
            var start: UInt64 = 0
            return columns[0].indices.map { run in
                start += columns[0][run]
                return Run(
                    start: start, sample: Int(columns[1][run]), count: columns[2][run], length: columns[3][run])
            }
        }
    }

    /// The value of an attribute of the page's body.
    func attribute(_ name: String) -> String? {
        guard let start = text.firstRange(of: " data-\(name)=\"")?.upperBound else { return nil }
        return text[start...].firstIndex(of: "\"").map { String(text[start..<$0]) }
    }
}

/// Reads columns as `PageColumns` describes them.
private struct PageReader {
    private let bytes: [UInt8]
    private var offset = 0

    var isAtEnd: Bool { offset == bytes.count }

    init?(_ page: String, id: String) throws {
        guard let start = page.firstRange(of: "id=\"\(id)\">")?.upperBound,
            let end = page[start...].firstRange(of: "</script>")?.lowerBound
        else { return nil }
        guard let file = Data(base64Encoded: String(page[start..<end])) else {
            throw PageFile.Malformed(what: "\(id) is no base64")
        }
        let directory = try TemporaryDirectory()
        try directory.write(Array(file), to: "file.gz")
        let result = try run(["/usr/bin/gzip", "-dc", "\(directory.path)/file.gz"])
        guard result.status == .exited(0) else { throw PageFile.Malformed(what: "\(id) is no gzip file") }
        bytes = Array(result.standardOutput)
    }

    mutating func texts() throws -> [String] {
        let length = try count()
        return String(decoding: try take(length), as: UTF8.self).components(separatedBy: "\n")
    }

    mutating func numbers() throws -> [UInt64] {
        let count = try count()
        let width = Int(try take(1)[0])
        var values = [UInt64](repeating: 0, count: count)
        for plane in 0..<width {
            for (position, byte) in try take(count).enumerated() {
                values[position] |= UInt64(byte) << UInt64(8 * plane)
            }
        }
        return values
    }

    private mutating func count() throws -> Int {
        try take(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        guard count <= bytes.count - offset else { throw PageFile.Malformed(what: "columns end early") }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }
}
