import Agent
import AgentConfiguration
import Foundation
import HostWatch
import Logging
import ProcFS
import TestSupport
import Testing

/// An agent in this process, on a host that is a directory.
@Suite struct StalledCollectionTests {
    private let place: TemporaryDirectory

    init() throws {
        place = try TemporaryDirectory()
        try place.write("MemTotal: 1000000 kB\nMemFree: 5 kB\nMemAvailable: 600000 kB\n", to: "proc/meminfo")
        try place.write("cpu  100 200 300 400 500 600 700 800 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n", to: "proc/stat")
    }

    /// Whether a thread of this process waits in openat(2).
    private static func isOpening() -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return threads.contains { thread in
            let call = try? String(contentsOfFile: "/proc/self/task/\(thread)/syscall", encoding: .utf8)
            return call?.hasPrefix("257 ") == true
        }
    }

    @Test(.timeLimit(.minutes(2))) func `Whether it collects is known while a collection hangs`() async throws {
        var configuration = AgentConfiguration()
        configuration.web.listenAddresses = ["127.0.0.1:0"]
        configuration.watch.interval = 0.05
        let (readiness, ready) = AsyncStream.makeStream(of: Void.self)
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let agent = try await Agent(
            configuration, stateDirectory: place.path + "/state", procfs: ProcFS(root: place.path + "/proc"),
            alertLog: log, log: log
        ) { _ in ready.yield() }
        let work = Task { try await agent.run() }
        _ = await readiness.first { _ in true }
        let file = place.path + "/proc/meminfo"
        try FileManager.default.removeItem(atPath: file)
        // A process that opens it to read waits for a writer.
        #expect(unsafe mkfifo(file, 0o600) == 0)
        #expect(eventually { Self.isOpening() })
        #expect(agent.isCollecting)
        try FileManager.default.removeItem(atPath: place.path + "/proc/stat")
        let release = try FileHandle(forUpdating: URL(filePath: file))
        await agent.shutdown()
        try await work.value
        try release.close()
    }
}
