import ProcFS
import ProfileModel
import TestSupport
import Testing

@Suite struct SmapsTests {
    static let text = """
        55d5c0a00000-55d5c0a21000 rw-p 00000000 00:00 0                          [heap]
        Size:                132 kB
        KernelPageSize:        4 kB
        Rss:                 100 kB
        Pss:                  90 kB
        Pss_Dirty:             1 kB
        Shared_Clean:          0 kB
        Anonymous:            80 kB
        Swap:                 12 kB
        SwapPss:               7 kB
        THPeligible:           0
        VmFlags: rd wr mr mw me ac sd
        7f0000000000-7f0000001000 r--p 00002000 fe:01 1234                       /usr/lib/libc.so.6
        Rss:                   4 kB
        VmFlags: rd mr mw me sd

        """

    @Test func `Amounts belong to the range above them`() throws {
        let entries = try Smaps(parsing: Array(Self.text.utf8)).entries
        #expect(entries.map(\.mapping.name) == ["[heap]", "/usr/lib/libc.so.6"])
        let heap = try #require(entries.first?.amount)
        #expect(heap.virtual == 132 << 10)
        #expect(heap.resident == 100 << 10)
        #expect(heap.proportional == 90 << 10)
        #expect(heap.anonymous == 80 << 10)
        #expect(heap.swap == 12 << 10)
        #expect(entries.last?.amount.resident == 4096)
    }

    @Test(arguments: [
        "Rss: 4 kB\n", "7f00-7f01\n", "7f01-7f00 r--p 0 0:0 0\n", "7f00-7f01 r--p 0 0:0 0\nRss: x kB\n",
        "7f00-7f01 r--p 0 0:0 0\nRss: 99999999999999999999 kB\n",
        "7f00-7f01 r--p 0 0:0 0\nRss: 18446744073709551615 kB\n",
        "7f00-7f02 r--p 0 0:0 0\n7f01-7f03 r--p 0 0:0 0\n", "7f00-7f01 r--p 0 0:0 0\nRss\n",
    ])
    func `Damaged text is an error that names the field`(text: String) {
        #expect(throws: ProcFSError.self) { try Smaps(parsing: Array(text.utf8)) }
    }

    @Test func `Any bytes give a value or an error`() {
        var generator = SeededGenerator(state: 5)
        let original = Array(Self.text.utf8)
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? Smaps(parsing: Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
        }
    }

    @Test func `Of this process it has a stack, and no range holds more than it is large`() throws {
        let directory = try ProcFS().ownProcess()
        var buffer: [UInt8] = []
        try directory.read("smaps", into: &buffer, limit: 1 << 28)
        let entries = try Smaps(parsing: buffer).entries
        #expect(entries.contains { $0.mapping.name == "[stack]" && $0.amount.anonymous > 0 })
        #expect(entries.allSatisfy { $0.amount.resident <= $0.amount.virtual })
        #expect(entries.allSatisfy { $0.amount.anonymous <= $0.amount.resident })
    }
}
