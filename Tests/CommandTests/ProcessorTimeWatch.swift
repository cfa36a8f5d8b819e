import Foundation
import Synchronization
import TestSupport

/// Reads every 20 ms how much CPU time threads have used, beside a recording that begins at some time while it reads.
final class ProcessorTimeWatch: Sendable {
    /// What was read at one time, in microseconds.
    private struct Reading {
        let time: Double
        let used: [String: Double]
        /// What hypervisors took from all CPUs.
        let stolen: Double
    }

    private let pid: Int32
    private let threads: [String]
    private let readings = Mutex<[Reading]>([])
    private let mustEnd = Mutex(false)
    private let hasEnded = DispatchSemaphore(value: 0)

    init(of pid: Int32, threads: [String]) throws {
        (self.pid, self.threads) = (pid, threads)
        let first = try read()
        readings.withLock { $0.append(first) }
        Thread.detachNewThread { self.watch() }
    }

    private func watch() {
        while !mustEnd.withLock({ $0 }) {
            Thread.sleep(forTimeInterval: 0.02)
            if let reading = try? read() { readings.withLock { $0.append(reading) } }
        }
        hasEnded.signal()
    }

    func end() {
        mustEnd.withLock { $0 = true }
        hasEnded.wait()
    }

    /// The least and the most microseconds that a thread may have had a CPU in some time as long as that.
    func used(by thread: String, within length: Double) -> ClosedRange<Double>? {
        let readings = readings.withLock { $0 }
        var range: ClosedRange<Double>?
        for (first, start) in readings.enumerated() {
            guard let end = readings[first...].first(where: { $0.time - start.time >= length }),
                let before = start.used[thread], let after = end.used[thread]
            else { break }
            // The readings are further apart than the length.
            let part = length / (end.time - start.time)
            let used = (after - before) * part
            let most = used + (end.stolen - start.stolen) * part
            range = min(range?.lowerBound ?? used, used)...max(range?.upperBound ?? most, most)
        }
        return range
    }

    private func read() throws -> Reading {
        let used = try threads.map { thread in
            (thread, try processorNanoseconds(schedstatFile: "/proc/\(pid)/task/\(thread)/schedstat") / 1000)
        }
        return try Reading(
            time: ProcessInfo.processInfo.systemUptime * 1e6, used: Dictionary(uniqueKeysWithValues: used),
            stolen: HostTime.stolenSeconds() * 1e6)
    }
}
