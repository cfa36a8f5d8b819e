internal import Glibc
package import ProfileModel

/// One ring for each CPU that is online, all of one size.
///
/// The rings of a user share what may be locked: 516 KiB a CPU (`kernel.perf_event_mlock_kb`) and RLIMIT_MEMLOCK. A large
/// ring of the first CPU would leave nothing for the others.
package final class PerfRings {
    private var rings: [PerfRing]
    private let size: Int
    private var copies: SampledCopies?
    private var hasTriedCopies = false
    private var buffer: [UInt8] = []
    private let countOnline: () -> Int
    private var online: Int

    /// - Parameters:
    ///   - memoryLimit: what all rings lock together, unless there are very many CPUs.
    ///   - countOnline: how many CPUs are online.
    package init(
        memoryLimit: Int = 32 << 20, countOnline: @escaping () -> Int = { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
    ) throws(PerfEventError) {
        self.countOnline = countOnline
        online = countOnline()
        var size = PerfRing.sizes.upperBound
        while size > max(memoryLimit / Self.processors.count, PerfRing.sizes.lowerBound) { size /= 2 }
        while true {
            do throws(PerfEventError) {
                rings = try Self.rings(of: Self.processors, size: size)
                break
            } catch .lockedMemory where size > PerfRing.sizes.lowerBound {
                size /= 2
            }
        }
        self.size = size
        guard !rings.isEmpty else { throw .noProcessor }
    }

    /// How many CPUs have one.
    package var count: Int { rings.count }

    private static var processors: Range<Int32> {
        0..<Int32(clamping: max(1, sysconf(Int32(_SC_NPROCESSORS_CONF))))
    }

    private static func rings(
        of processors: some Sequence<Int32>, size: Int
    ) throws(PerfEventError) -> [PerfRing] {
        var rings: [PerfRing] = []
        for processor in processors {
            do throws(PerfEventError) {
                rings.append(try PerfRing(of: processor, size: size))
            } catch .noProcessor {
                continue
            }
        }
        return rings
    }

    /// Adds the rings of CPUs that have come online; returns whether CPUs have come or gone, so that events have to be
    /// opened anew.
    ///
    /// - Throws: when a CPU that has come can't have a ring; it isn't tried again until another one comes or goes.
    package func followProcessors() throws(PerfEventError) -> Bool {
        let now = countOnline()
        guard now != online else { return false }
        online = now
        let known = Set(rings.map(\.processor))
        rings += try Self.rings(of: Self.processors.filter { !known.contains($0) }, size: size)
        return true
    }

    /// Opens an event on a thread, on every CPU that is online.
    ///
    /// - Parameter thread: `nil` for all threads of the host, for which `kernel.perf_event_paranoid` must be 0 or less,
    ///   or `CAP_PERFMON` be held.
    package func open(_ request: PerfEvent.Request, of thread: ThreadID?) throws(PerfEventError) -> [PerfEvent] {
        var events: [PerfEvent] = []
        for ring in rings {
            do throws(PerfEventError) {
                let event = try PerfEvent(request, of: thread, on: ring.processor)
                try event.write(to: ring)
                copies?.attach(to: event)
                events.append(event)
            } catch .noProcessor {
                continue
            }
        }
        return events
    }

    /// Waits until a ring has filled up to a quarter, another descriptor is readable, or the time is over.
    package func wait(milliseconds: Int32, or other: Int32? = nil) {
        var descriptors = (rings.map(\.descriptor) + [other].compactMap(\.self)).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        // Safe: the array has as many elements as it says.
        _ = unsafe poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    }

    /// Gives out all records that wait, in no particular order; returns how many bytes were no records.
    package func drain(_ take: (PerfRecord) -> Void) -> Int {
        var malformed = 0
        for ring in rings {
            let count = ring.drain(into: &buffer)
            var reader = PerfRecordReader(buffer, count: count)
            while let record = reader.next() { take(withCopies(record)) }
            malformed += reader.malformed
        }
        return malformed
    }

    // MARK: - Copies of other stacks

    /// Has more of a thread copied with each sample of events that are opened from now on.
    ///
    /// - Returns: whether that takes opening events anew.
    package func setCopies(_ plans: ThreadPlans, of thread: ThreadID) -> Bool {
        let isFirst = beginCopies()
        copies?.set(plans, of: thread)
        return isFirst
    }

    /// The same for all threads of a process that have no plans of their own.
    package func setCopies(_ plan: InterpreterPlan, ofThreadsOf process: ProcessID) -> Bool {
        let isFirst = beginCopies()
        copies?.set(plan, ofThreadsOf: process)
        return isFirst
    }

    /// Returns whether there are copies from now on.
    private func beginCopies() -> Bool {
        let isFirst = !hasTriedCopies
        if isFirst { copies = SampledCopies() }
        hasTriedCopies = true
        return isFirst && copies != nil
    }

    /// To be called when a thread has ended.
    package func endCopies(of thread: ThreadID) { copies?.remove(thread) }

    /// To be called when a process has ended.
    package func endCopies(ofThreadsOf process: ProcessID) { copies?.remove(process) }

    private func withCopies(_ record: PerfRecord) -> PerfRecord {
        guard let copies, case .sample(var sample) = record.content else { return record }
        (sample.windows, sample.interpreter) = copies.take(of: record.thread, in: record.process, at: record.time)
        var record = record
        record.content = .sample(sample)
        return record
    }
}
