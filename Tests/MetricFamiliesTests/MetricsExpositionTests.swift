import MetricFamilies
import Testing

@Suite struct MetricsExpositionTests {
    @Test func `Nothing is an exposition too`() {
        let empty = MetricFamily(name: "a", help: "A.", kind: .gauge, samples: [])
        #expect(text(of: [], in: .text) == "")
        #expect(text(of: [empty], in: .text) == "")
        #expect(text(of: [empty], in: .openMetrics) == "# EOF\n")
    }

    @Test func `Counters end in _total, which OpenMetrics leaves out of the family's name`() {
        let counter = MetricFamily(name: "a_bytes", help: "A.", kind: .counter, samples: [MetricSample(1)])
        #expect(
            text(of: [counter], in: .text) == "# HELP a_bytes_total A.\n# TYPE a_bytes_total counter\na_bytes_total 1\n"
        )
        #expect(
            text(of: [counter], in: .openMetrics)
                == "# HELP a_bytes A.\n# TYPE a_bytes counter\na_bytes_total 1\n# EOF\n")
    }

    @Test func `Histograms are cumulative`() {
        let value = MetricSample.Value.histogram(bounds: [0.005, 1, 2.5], counts: [3, 0, 4, 2], sum: 12.5)
        let histogram = MetricFamily(
            name: "a_seconds", help: "A.", kind: .histogram,
            samples: [MetricSample(labels: [MetricLabel("b", "c")], value: value)])
        #expect(
            text(of: [histogram], in: .text) == """
                # HELP a_seconds A.
                # TYPE a_seconds histogram
                a_seconds_bucket{b="c",le="0.005"} 3
                a_seconds_bucket{b="c",le="1.0"} 3
                a_seconds_bucket{b="c",le="2.5"} 7
                a_seconds_bucket{b="c",le="+Inf"} 9
                a_seconds_sum{b="c"} 12.5
                a_seconds_count{b="c"} 9

                """)
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (1e6, "1000000"), (9_007_199_254_740_992, "9007199254740992"),
            (0x1p62, "4611686018427387904"), (0x1p64, "1.8446744073709552e+19"), (0.1, "0.1"),
            (1 / 3, "0.3333333333333333"),
            (.leastNonzeroMagnitude, "5e-324"), (-1.5e-7, "-1.5e-07"),
            (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (.nan, "NaN"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"),
        ] as [(Double, String)])
    func `Numbers are exact, whole ones without an exponent`(value: Double, spelled: String) {
        #expect(line(of: MetricSample(value)) == "a \(spelled)")
    }

    @Test func `What no format can say is left out`() {
        let counts = [-1, -.infinity, .infinity, .nan, 0, 5].map { MetricSample($0) }
        let counter = MetricFamily(name: "a", help: "A.", kind: .counter, samples: counts)
        #expect(text(of: [counter], in: .text).hasSuffix("counter\na_total 0\na_total 5\n"))
        let histograms = [
            ([1.0], [UInt64(1)]), ([2, 1], [1, 1, 1]), ([.infinity], [1, 1]), ([.nan], [1, 1]),
        ].map { MetricSample(labels: [], value: .histogram(bounds: $0.0, counts: $0.1, sum: 0)) }
        let histogram = MetricFamily(
            name: "a", help: "A.", kind: .histogram, samples: histograms + [MetricSample(1)])
        #expect(text(of: [histogram], in: .text) == "")
    }

    @Test func `Help is escaped as each format wants it`() {
        let family = MetricFamily(name: "a", help: "A \"\\\n.", kind: .gauge, samples: [MetricSample(1)])
        #expect(text(of: [family], in: .text).hasPrefix("# HELP a A \"\\\\\\n.\n"))
        #expect(text(of: [family], in: .openMetrics).hasPrefix("# HELP a A \\\"\\\\\\n.\n"))
    }
}

@Suite struct LabelValueTests {
    @Test(arguments: [
        ("plain.service", "plain.service"), ("", ""), ("\"\\", "\\\"\\\\"), ("a\nb", "a\\\\u{a}b"),
        ("\u{1b}[31m", "\\\\u{1b}[31m"), ("日本語 🧵", "日本語 🧵"), ("\u{202E}x", "\\\\u{202e}x"), ("nul\u{0}", "nul\\\\u{0}"),
    ])
    func `What could act is spelled out, and the format's own characters are escaped`(value: String, spelled: String) {
        #expect(line(of: MetricSample(1, [MetricLabel("b", value)])) == "a{b=\"\(spelled)\"} 1")
    }

    @Test(arguments: ["x", "ü", "漢", "🧵", "e\u{301}", "\u{1b}", "\\", "\""])
    func `Values are bounded, and cut between characters`(character: String) throws {
        for count in [24, 25, 66, 99, 100, 199, 200, 201, 100_000] {
            let value = String(repeating: character, count: count)
            let spelled = try spelledValue(value)
            #expect(spelled.utf8.count <= 200, "\(count)")
            #expect(!spelled.contains("\u{FFFD}"), "\(count)")
            if value.utf8.count <= 200, character != "\u{1b}" { #expect(spelled == value, "\(count)") }
            if value.utf8.count > 200 { #expect(spelled.contains("…"), "\(count)") }
        }
    }

    @Test func `Long names with the same beginning stay apart and keep their spelling`() throws {
        let beginning = String(repeating: "kubepods-", count: 40)
        let samples = ["a", "b", "c"].map { MetricSample(1, [MetricLabel("b", beginning + $0)]) }
        let all = lines(of: samples)
        #expect(Set(all).count == 3)
        #expect(lines(of: samples.reversed()) == all.reversed())
        #expect(try spelledValue(beginning + "a").hasSuffix("…d37c8a3bedd2758c"))
    }

    @Test func `A name made to look like another's spelling stays apart from it`() throws {
        let long = String(repeating: "ü", count: 200)
        let values = [long, try spelledValue(long), "\u{1b}x", "\\u{1b}x", "\u{e9}", "e\u{301}"]
        for values in [values, values.reversed()] {
            let samples = values.map { MetricSample(1, [MetricLabel("b", $0)]) }
            // Bytes, since Swift holds canonically equivalent strings equal and Prometheus does not.
            #expect(Set(lines(of: samples).map { Array($0.utf8) }).count == values.count)
        }
    }
}

private func text(of families: [MetricFamily], in format: ExpositionFormat) -> String {
    String(decoding: MetricsExposition.bytes(of: families, in: format), as: UTF8.self)
}

/// The lines of a gauge `a` with these samples.
private func lines(of samples: [MetricSample]) -> [String] {
    let family = MetricFamily(name: "a", help: "A.", kind: .gauge, samples: samples)
    return text(of: [family], in: .text).split(separator: "\n").dropFirst(2).map(String.init)
}

private func line(of sample: MetricSample) -> String? { lines(of: [sample]).first }

/// The value of a label as who reads the exposition sees it.
private func spelledValue(_ value: String) throws -> String {
    let text = try #require(line(of: MetricSample(1, [MetricLabel("b", value)])))
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in text.utf8.dropFirst("a{b=\"".utf8.count).dropLast("\"} 1".utf8.count) {
        if byte == UInt8(ascii: "\\"), !isEscaped {
            isEscaped = true
        } else {
            bytes.append(byte)
            isEscaped = false
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
