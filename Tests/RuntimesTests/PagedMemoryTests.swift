internal import ProfileModel
internal import Testing

@testable internal import Runtimes

@Suite("Memory that is read by pages")
struct PagedMemoryTests {
    /// Two pages, and half of a third one.
    private static let words = (0..<1280).map { UInt64($0) }

    private func memory() -> (paged: PagedMemory, reads: () -> Int) {
        let words = ForgedWords()
        words.put(Self.words, at: 0x10000)
        nonisolated(unsafe) var count = 0
        words.onRead = { _ in unsafe count += 1 }
        return (PagedMemory(words), { unsafe count })
    }

    @Test("small reads of a page read it once")
    func readsPagesOnce() throws {
        let (paged, reads) = memory()
        for index in 0..<1024 {
            #expect(try paged.word(at: Address(rawValue: 0x10000 + 8 * UInt64(index))) == UInt64(index))
        }
        #expect(reads() == 2)
    }

    @Test("what is across pages, or in one that can't be read as a whole, is as it is")
    func readsOthers() throws {
        let (paged, _) = memory()
        #expect(paged.bytes(at: Address(rawValue: 0x10ff8), count: 16).littleEndianWord(at: 8) == 512)
        #expect(try paged.word(at: Address(rawValue: 0x12000)) == 1024)
        #expect(paged.bytes(at: Address(rawValue: 0x127fc), count: 16).count == 4)
        #expect(paged.bytes(at: Address(rawValue: 0x13000), count: 8).isEmpty)
        #expect(paged.bytes(at: Address(rawValue: .max), count: 8).isEmpty)
        #expect(paged.bytes(at: Address(rawValue: 0x10000), count: 0).isEmpty)
    }
}
