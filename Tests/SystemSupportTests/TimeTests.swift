import Foundation
import SystemSupport
import Testing

@Suite struct TimeTests {
    /// Seconds, and what `date -u` makes of them.
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT", "19700101T000000Z"),
        (784_111_777, "1994-11-06T08:49:37.000Z", "Sun, 06 Nov 1994 08:49:37 GMT", "19941106T084937Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 GMT", "20000229T000000Z"),
        (1_795_268_524, "2026-11-21T13:42:04.000Z", "Sat, 21 Nov 2026 13:42:04 GMT", "20261121T134204Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT", "21000301T000000Z"),
        (253_402_300_799, "9999-12-31T23:59:59.000Z", "Fri, 31 Dec 9999 23:59:59 GMT", "99991231T235959Z"),
    ])
    func `Times have three spellings`(seconds: Int, rfc3339: String, http: String, file: String) {
        let time = UTCTimestamp(secondsSince1970: Double(seconds))
        #expect(time.rfc3339 == rfc3339)
        #expect(time.httpDate == http)
        #expect(time.fileName == file)
    }

    @Test func `Fractions are shown as milliseconds, and titles have none`() {
        #expect(UTCTimestamp(secondsSince1970: 1.0625).rfc3339 == "1970-01-01T00:00:01.063Z")
        #expect(UTCTimestamp(nanosecondsSince1970: 1_999_999_999).rfc3339 == "1970-01-01T00:00:01.999Z")
        #expect(UTCTimestamp(secondsSince1970: 61).title == "1970-01-01 00:01:01 UTC")
    }

    @Test(arguments: [-1, -.infinity, .nan, -.greatestFiniteMagnitude] as [Double])
    func `What is before 1970 or no number is 1970`(seconds: Double) {
        #expect(UTCTimestamp(secondsSince1970: seconds).rfc3339 == "1970-01-01T00:00:00.000Z")
    }

    @Test func `What is beyond 9999 is its end`() {
        #expect(UTCTimestamp(secondsSince1970: 1e300).rfc3339 == "9999-12-31T23:59:59.000Z")
        #expect(!UTCTimestamp(nanosecondsSince1970: .max).rfc3339.isEmpty)
    }

    @Test func `Now is what Foundation says`() {
        let before = Date().timeIntervalSince1970
        let now = SystemClock.wall.seconds
        #expect(now >= before - 0.001 && now <= Date().timeIntervalSince1970 + 0.001)
    }

    @Test func `Monotonic times are added and compared`() {
        let start = MonotonicTime(nanoseconds: 5)
        #expect(start.advanced(by: .seconds(1)).nanoseconds == 1_000_000_005)
        #expect(start.advanced(by: .nanoseconds(7)).since(start) == 7)
        #expect(start.since(start.advanced(by: 9)) == 0)
        #expect(start.advanced(by: .seconds(-1)) == start)
        #expect(start.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
        #expect(MonotonicTime.now <= MonotonicTime.now)
    }

    @Test func `Work uses the thread's and the process's CPU time`() {
        let (process, thread) = (ProcessorTime.ofThisProcess, ProcessorTime.ofThisThread)
        var sum: UInt64 = 0
        while ProcessorTime.ofThisThread < thread + 2_000_000 { sum &+= 1 }
        #expect(sum > 0)
        #expect(ProcessorTime.ofThisProcess >= process + 2_000_000)
        let clock = SystemClock.cpu(ofProcess: getpid())
        #expect(clock.map { $0.nanoseconds > process } == true)
        #expect(SystemClock.cpu(ofProcess: 4_194_304) == nil)
    }
}
