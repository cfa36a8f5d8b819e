import SystemSupport
import Testing

@Suite struct AlgorithmTests {
    @Test(arguments: 0...20) func `The partition point is where a linear search finds it`(count: Int) {
        let values = (0..<count).map { $0 * 2 }
        for wanted in -1...2 * count {
            #expect(values.partitionPoint { $0 < wanted } == values.firstIndex { $0 >= wanted } ?? count)
        }
    }

    @Test func `Slices have their own indices`() {
        let values = [9, 9, 1, 2, 3, 9][2..<5]
        #expect(values.partitionPoint { $0 < 3 } == 4)
        #expect(values.partitionPoint { $0 < 9 } == 5)
        #expect(values.partitionPoint { $0 < 0 } == 2)
    }

    @Test func `Ranges of file offsets are searched, and errors pass through`() throws {
        #expect((0..<UInt64(1) << 40).partitionPoint { $0 < 123_456_789_012 } == 123_456_789_012)
        let failure = SystemCallError(call: "pread", errno: 5)
        #expect(throws: failure) {
            try (0..<UInt64(8)).partitionPoint { _ throws(SystemCallError) in throw failure }
        }
    }

    /// The values of draft-eastlake-fnv, appendix C.
    @Test(arguments: [("", 0xCBF2_9CE4_8422_2325), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8)])
    func `Hashes are those of the draft`(text: String, expected: UInt64) { #expect(FNV1a.hash(text.utf8) == expected) }

    @Test func `Hashes take integers, seeds and are folded`() {
        var hash = FNV1a()
        hash.combine(0x0201)
        #expect(hash.value == FNV1a.hash([1, 2, 0, 0, 0, 0, 0, 0]))
        #expect(FNV1a.hash("a".utf8, seed: 1) != FNV1a.hash("a".utf8))
        #expect(FNV1a().folded == 0xCBF2_9CE4 ^ 0x8422_2325)
        #expect(FNV1a(seed: 0xCBF2_9CE4_8422_2325).hexadecimal == "0000000000000000")
    }
}
