import SystemSupport
import Testing

@Suite struct NumberTextTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func `Integers are grouped`(value: Int, expected: String) { #expect(NumberText.grouped(value) == expected) }

    @Test func `Nouns have their number`() {
        #expect(NumberText.count(1, "thread") == "1 thread")
        #expect(NumberText.count(0, "thread") == "0 threads")
        #expect(NumberText.count(2_000, "thread") == "2,000 threads")
    }

    @Test(arguments: [
        (0.0, 2, "0.00"), (1.005, 1, "1.0"), (0.96, 1, "1.0"), (1_234.56, 1, "1,234.6"), (-0.04, 1, "0.0"),
        (-1.5, 1, "-1.5"), (999.995, 2, "1,000.00"), (2.5, 0, "3"), (12.07, 2, "12.07"), (.infinity, 1, "?"),
        (.nan, 1, "?"), (1e15, 1, "?"), (999_999_999_999_999.0, 9, "999,999,999,999,999.000000000"),
    ])
    func `Decimals have a fixed count of digits`(value: Double, digits: Int, expected: String) {
        #expect(NumberText.decimal(value, digits: digits) == expected)
    }

    @Test(arguments: [(0.0, "0.00 %"), (0.0025, "0.25 %"), (0.5, "50.0 %"), (1.0, "100.0 %"), (12.5, "1,250.0 %")])
    func `Shares are percentages`(share: Double, expected: String) { #expect(NumberText.percent(share) == expected) }

    @Test(arguments: [
        (0, "0 B"), (1_023, "1,023 B"), (1_024, "1.0 KiB"), (10_170_000, "9.7 MiB"), (-2_048, "-2.0 KiB"),
        (117_440_512, "112 MiB"), (1_073_741_823, "1.0 GiB"), (Int.max, "8,192 PiB"), (1_048_570, "1.0 MiB"),
    ])
    func `Bytes have a binary unit`(bytes: Int, expected: String) { #expect(NumberText.bytes(bytes) == expected) }

    @Test func `Calculated bytes have one, too`() {
        #expect(NumberText.bytes(-0.2) == "0 B")
        #expect(NumberText.bytes(-1_536.0) == "-1.5 KiB")
        #expect(NumberText.bytes(Double.nan) == "? B")
    }

    @Test(arguments: [
        (0, "0 ns"), (999, "999 ns"), (1_500, "1.5 µs"), (12_000, "12 µs"), (999_600, "1.0 ms"), (4_210_000, "4.2 ms"),
        (250_000_000, "250 ms"), (999_600_000, "1.0 s"), (30_000_000_000, "30.0 s"), (59_990_000_000, "59 s"),
        (60_000_000_000, "1 min"), (725_000_000_000, "12 min 5 s"), (10_920_000_000_000, "3 h 2 min"),
        (172_800_000_000_000, "2 d"), (183_600_000_000_000, "2 d 3 h"),
    ])
    func `Durations have the units that keep them short`(nanoseconds: UInt64, expected: String) {
        #expect(NumberText.duration(nanoseconds: nanoseconds) == expected)
    }

    @Test func `Durations in seconds are bounded`() {
        #expect(NumberText.duration(seconds: 0.25) == "250 ms")
        #expect(NumberText.duration(seconds: -1) == "0 ns")
        #expect(NumberText.duration(seconds: .infinity) == "?")
        #expect(NumberText.duration(seconds: 1e300) == "?")
    }
}
