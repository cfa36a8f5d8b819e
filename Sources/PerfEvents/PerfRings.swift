internal import Glibc
package import ProfileModel

/// One ring for each CPU that is online.
package final class PerfRings {
    private let rings: [PerfRing]
    private var buffer: [UInt8] = []

    /// - Parameter memoryLimit: what all rings lock together, unless there are very many CPUs.
    package init(memoryLimit: Int = 32 << 20) throws(PerfEventError) {
        let count = max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))
        var rings: [PerfRing] = []
        for processor in 0..<Int32(clamping: count) {
            do throws(PerfEventError) {
                rings.append(try PerfRing(of: processor, largestSize: memoryLimit / count))
            } catch .noProcessor {
                continue
            }
        }
        guard !rings.isEmpty else { throw .noProcessor }
        self.rings = rings
    }

    /// Opens an event on a thread, on every CPU.
    ///
    /// - Parameter thread: `nil` for all threads of the host, for which `kernel.perf_event_paranoid` must be 0 or less,
    ///   or `CAP_PERFMON` be held.
    package func open(_ request: PerfEvent.Request, of thread: ThreadID?) throws(PerfEventError) -> [PerfEvent] {
        var events: [PerfEvent] = []
        for ring in rings {
            let event = try PerfEvent(request, of: thread, on: ring.processor)
            try event.write(to: ring)
            events.append(event)
        }
        return events
    }

    /// Waits until a ring has filled up to a quarter, or the time is over.
    package func wait(milliseconds: Int32) {
        var descriptors = rings.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        // Safe: the array has as many elements as it says.
        _ = unsafe poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    }

    /// Gives out all records that wait, in no particular order; returns how many bytes were no records.
    package func drain(_ take: (PerfRecord) -> Void) -> Int {
        var malformed = 0
        for ring in rings {
            let count = ring.drain(into: &buffer)
            var reader = PerfRecordReader(buffer, count: count)
            while let record = reader.next() { take(record) }
            malformed += reader.malformed
        }
        return malformed
    }
}
