import PerfEvents
import ProfileModel

/// The records of a perf_event ring.
func fuzzPerfRecords(_ bytes: [UInt8]) {
    var reader = PerfRecordReader(bytes, count: bytes.count)
    var count = 0
    while let record = reader.next() {
        count += 1
        if case .sample(let sample) = record.content { precondition(sample.stack.bytes.count <= bytes.count) }
    }
    // A record has a header of eight bytes at least.
    precondition(8 * (count + reader.malformed) <= bytes.count + 8)
}
