import Foundation
import ProcFS
import ProfileModel
import Sampling
import TargetProcess
import TestSupport
import Testing
import WorkerControl
import WorkerSupport

/// What a dump leaves behind.
@Suite struct StackDumpTests {
    private static let mayStarve = Privileges.isRoot && ProcessInfo.processInfo.activeProcessorCount > 1

    /// A thread that runs beside one with a real-time priority gets its CPU for a twentieth of each second.
    @Test(.enabled(if: mayStarve, "real-time priorities are not permitted, or there is one CPU"))
    func `A thread that doesn't stop in time is not traced any more when the dump has ended`() throws {
        SamplingSession.blockChildSignal()
        let calibrated = Locations.testPrograms.appending(path: "calibrated").path
        let starved = try TestProgram(at: "/usr/bin/taskset", arguments: ["-c", "0", calibrated])
        let objects = TracedObjects()
        let worker = try StackWorker.onThread(objects: objects, frameLimit: 512)
        let dump = try StackDump(
            of: starved.id, procfs: ProcFS(), worker: worker, objects: objects, interruptsSleeping: false,
            timeout: 1_000_000)
        try withoutFirstProcessor {
            let greedy = try TestProgram(
                at: "/usr/bin/chrt", arguments: ["-f", "10", "taskset", "-c", "0", calibrated])
            let threads = try dump.threads()
            greedy.kill()
            guard case .lost(let loss)? = threads.first?.result else {
                Issue.record("the thread was not starved: \(threads)")
                return
            }
            #expect(loss == .notStopped)
            #expect(try ProcFS().process(starved.id).status().tracer == nil)
        }
        // It runs on, and can be read; a millisecond may be too little for one stop.
        let isRead = try eventually {
            guard case .stack? = try dump.threads().first?.result else { return false }
            return true
        }
        #expect(isRead, "the thread can't be read after it was given up")
    }

    /// Runs the function on any CPU but the first one.
    private func withoutFirstProcessor(_ run: () throws -> Void) throws {
        let thread = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        let number = try #require(thread.split(separator: "/").last)
        let last = ProcessInfo.processInfo.processorCount - 1
        try runSuccessfully(["taskset", "-c", "-p", "1-\(last)", "\(number)"])
        defer { _ = try? runSuccessfully(["taskset", "-c", "-p", "0-\(last)", "\(number)"]) }
        try run()
    }
}
