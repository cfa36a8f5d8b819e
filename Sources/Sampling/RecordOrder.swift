internal import PerfEvents
internal import SystemSupport

/// Brings the records of several CPUs' rings into the order of their times.
struct RecordOrder {
    /// A CPU takes a record's time before it puts the record into its ring, a little later; a virtual one can lose its
    /// host's CPU in between.
    private static let writingTime: UInt64 = 20_000_000

    private var waiting: [PerfRecord] = []

    mutating func add(_ record: PerfRecord) { waiting.append(record) }

    /// All records up to the horizon, in order.
    ///
    /// - Parameter readAt: a time before the rings were read.
    mutating func take(readAt: MonotonicTime) -> (records: [PerfRecord], horizon: MonotonicTime) {
        take(upTo: readAt.nanoseconds > Self.writingTime ? readAt.nanoseconds - Self.writingTime : 0)
    }

    /// All records that there are, when no more can come.
    mutating func takeAll() -> (records: [PerfRecord], horizon: MonotonicTime) { take(upTo: .max) }

    private mutating func take(upTo horizon: UInt64) -> (records: [PerfRecord], horizon: MonotonicTime) {
        waiting.sort { $0.time < $1.time }
        let end = waiting.firstIndex { $0.time > horizon } ?? waiting.endIndex
        defer { waiting.removeFirst(end) }
        return (Array(waiting[..<end]), MonotonicTime(nanoseconds: horizon))
    }
}
