import Agent
import AgentServer
import AgentState
import Alerting
import Foundation
import SeriesStore
import SystemSupport
import TestSupport
import Testing

/// What requests get from a store whose disk fails or hangs.
@Suite struct StoreReadsTests {
    private let directory: TemporaryDirectory
    private static let boot = "5f2f8a3e-0000-4000-8000-000000000001"

    init() throws { directory = try TemporaryDirectory() }

    private func collection(of group: String) -> SeriesBatch {
        let subject = SeriesKey(bootID: Self.boot, process: 7, startTicks: 1)
        let description = SeriesDescription(group: group, command: group, user: 33)
        return SeriesBatch(
            wall: Date().timeIntervalSince1970, monotonic: 10, bootID: Self.boot,
            readings: [SeriesReading(key: subject, bytes: 4096, resident: 8192)],
            descriptions: [subject: description])
    }

    private func alert() -> Alert {
        Alert(
            id: "a", type: .hostMemory, subject: .host, state: .resolved, severity: .warning, value: 1, threshold: 0.5,
            since: 5, resolvedAt: 9, evidence: "", recommendation: "")
    }

    @Test func `What can't be read is said, and is no empty answer`() async throws {
        try directory.write("in the way", to: "state")
        let store = ResilientStore(directory: directory.path + "/state", retention: RetentionSettings())
        let reads = StoreReads(store)
        store.append(collection(of: "seen"))
        let seen = try await reads.memory(ofGroup: "seen", minutes: 5)
        #expect(seen.points.map(\.resident) == [8192])
        #expect(seen.isTruncated && seen.storeFailure?.contains("not a directory") == true)
        await #expect(throws: SeriesStoreError.self) { try await reads.memory(ofGroup: "unseen", minutes: 5) }

        await #expect(throws: SeriesStoreError.self) { try await reads.resolvedAlerts(limit: 5, remembered: []) }
        let remembered = try await reads.resolvedAlerts(limit: 5, remembered: [alert()])
        #expect(remembered.alerts == [alert()] && remembered.total == nil)
        #expect(remembered.storeFailure?.contains("not a directory") == true)
    }

    @Test func `A store that can be read says that, too`() async throws {
        let store = ResilientStore(directory: directory.path + "/state", retention: RetentionSettings())
        let reads = StoreReads(store)
        store.append(collection(of: "seen"))
        let seen = try await reads.memory(ofGroup: "seen", minutes: 5)
        #expect(seen.points.count == 1 && !seen.isTruncated && seen.storeFailure == nil)
        #expect(try await reads.memory(ofGroup: "unseen", minutes: 5).points.isEmpty)
        let history = try await reads.resolvedAlerts(limit: 5, remembered: [alert()])
        #expect(history.alerts.isEmpty && history.total == 0 && history.storeFailure == nil)
    }

    /// A disk that hangs is here a reader that doesn't come back.
    @Test(.timeLimit(.minutes(1))) func `A disk that hangs holds requests only for so long`() async throws {
        let store = ResilientStore(directory: directory.path + "/state", retention: RetentionSettings())
        store.append(collection(of: "seen"))
        store.settle()
        let (entered, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            store.visitPoints(bootID: Self.boot, fromMonotonic: 0) { _, _ in
                entered.signal()
                released.wait()
            }
        }
        Self.wait(for: entered)
        let reads = StoreReads(store, limit: .milliseconds(50))
        await #expect(throws: DeadlineExceeded.self) { try await reads.memory(ofGroup: "seen", minutes: 5) }
        let remembered = try await reads.resolvedAlerts(limit: 5, remembered: [alert()])
        #expect(remembered.alerts == [alert()] && remembered.storeFailure == "no result within 0.05 seconds")
        // They wait in their slots, so that no more of them queue up.
        for _ in 0..<3 {
            await #expect(throws: DeadlineExceeded.self) { try await reads.memory(ofGroup: "seen", minutes: 5) }
        }
        await #expect(throws: ConcurrencyLimit.Exceeded.self) { try await reads.memory(ofGroup: "seen", minutes: 5) }
        released.signal()
        store.settle()
        #expect(try await StoreReads(store).memory(ofGroup: "seen", minutes: 5).points.count == 1)
    }

    private static func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }
}
