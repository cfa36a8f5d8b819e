import PerfEvents
import ProfileModel
import TestSupport
import Testing

/// Whatever bytes there are, reading ends, and gives nothing that isn't in them.
@Suite struct HostileRecordTests {
    /// Reads all; fails when there are more records than the bytes have room for.
    private func read(_ bytes: [UInt8], count: Int? = nil) -> (records: [PerfRecord], malformed: Int) {
        var reader = PerfRecordReader(bytes, count: count ?? bytes.count)
        var records: [PerfRecord] = []
        while let record = reader.next() {
            records.append(record)
            if case .sample(let sample) = record.content {
                #expect(sample.kernelStack.count * 8 + sample.stack.bytes.count <= bytes.count)
            }
            guard records.count <= bytes.count / 8 else {
                Issue.record("more records than bytes")
                break
            }
        }
        return (records, reader.malformed)
    }

    @Test(arguments: 0...7) func `A size without room for the header ends it`(size: Int) {
        let (records, malformed) = read(RecordBytes.lost(1) + RecordBytes.record(9, [1, 2, 3], size: size))
        #expect(records.count == 1 && malformed == 1)
    }

    @Test func `A size beyond the bytes ends it`() {
        let (records, malformed) = read(RecordBytes.lost(1) + RecordBytes.record(9, [1, 2, 3], size: 65535))
        #expect(records.count == 1 && malformed == 1)
    }

    @Test(arguments: [0, 1, 7, -1, .max, .min] as [Int])
    func `A count of bytes that can't be is harmless`(count: Int) {
        let bytes = RecordBytes.lost(1)
        #expect(read(bytes, count: count).records.count == (count == .max ? 1 : 0))
    }

    @Test(arguments: [1, 8193, 1 << 60, .max] as [UInt64])
    func `A call chain longer than its record is none`(count: UInt64) {
        let (records, malformed) = read(RecordBytes.sample(callChainCount: count, stackSize: 1) + RecordBytes.lost(1))
        #expect(records.count == 1 && malformed == 1)
    }

    @Test(arguments: [65, 1 << 16, 1 << 17, 1 << 60, .max] as [UInt64])
    func `A stack larger than its record is none`(size: UInt64) {
        let bytes = RecordBytes.sample(stack: [UInt8](repeating: 1, count: 48), stackSize: size)
        let (records, malformed) = read(bytes + RecordBytes.lost(1))
        #expect(records.count == 1 && malformed == 1)
    }

    @Test(arguments: [49, 1 << 60, .max] as [UInt64])
    func `No more of a stack can have been copied than there was room for`(copied: UInt64) {
        let bytes = RecordBytes.sample(stack: [UInt8](repeating: 1, count: 48), copied: copied)
        #expect(read(bytes).malformed == 1)
    }

    @Test func `A mapping beyond the end of all addresses is none`() {
        for (start, size) in [(UInt64.max, 2), (1, .max), (0x1000, 0)] as [(UInt64, UInt64)] {
            #expect(read(RecordBytes.mapping(start: start, size: size, name: "/a")).malformed == 1)
        }
    }

    @Test func `Records that are cut short are counted and the next one is read`() {
        for record in RecordBytes.all {
            for size in stride(from: 8, to: record.count, by: 4) {
                var short = Array(record.prefix(size))
                short.replaceSubrange(6..<8, with: RecordBytes.little(UInt64(size), 2))
                let (records, malformed) = read(short + RecordBytes.lost(1))
                #expect(records.count + malformed >= 1 && records.count <= 2)
                if case .lost(1)? = records.last?.content {} else { Issue.record("the next record is missing") }
            }
        }
    }

    @Test func `Every prefix is harmless`() {
        let bytes = RecordBytes.all.flatMap { $0 }
        #expect(read(bytes).records.count == RecordBytes.all.count)
        for length in bytes.indices { #expect(read(bytes, count: length).records.count < RecordBytes.all.count) }
    }

    @Test func `Changed bytes are harmless`() {
        var generator = SeededGenerator(state: 3)
        let bytes = RecordBytes.all.flatMap { $0 }
        for _ in 0..<5000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index = changed.indices.randomElement(using: &generator) ?? 0
                changed[index] = .random(in: .min ... .max, using: &generator)
            }
            _ = read(changed)
        }
    }

    @Test func `Noise is harmless`() {
        var generator = SeededGenerator(state: 4)
        for length in 0..<2000 {
            var noise = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            _ = read(noise)
            // Kinds that there are get further.
            if length >= 8 { noise.replaceSubrange(0..<4, with: RecordBytes.little(UInt64(length % 16), 4)) }
            _ = read(noise)
        }
    }
}
