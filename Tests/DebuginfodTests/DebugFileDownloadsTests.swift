import Foundation
import ProfileModel
import Synchronization
import SystemSupport
import TestSupport
import Testing
import WorkerControl
import WorkerProtocol
import WorkerSupport

@testable import Debuginfod

/// What the tracer makes of a process that downloads, or of what has taken its place.
@Suite struct DebugFileDownloadsTests {
    private let file: TemporaryDirectory
    private let first = BuildID(bytes: [1, 2, 3])
    private let second = BuildID(bytes: [4, 5, 6])

    init() throws {
        file = try TemporaryDirectory()
        try file.write("debug", to: "file")
    }

    /// A download process on a thread: it answers each request by what a test gives.
    private final class Script: WorkerLauncher {
        typealias Answer = @Sendable (_ request: Int, borrowing MessageChannel) throws -> Void

        let area: SharedArea
        let requests = Mutex<[[UInt8]]>([])
        private let beginning: DownloadReply
        private let answer: Answer

        init(beginning: DownloadReply = .ready(reachesUserFiles: false), _ answer: @escaping Answer) throws {
            area = try #require(SharedArea(capacity: 0))
            self.beginning = beginning
            self.answer = answer
        }

        func launch() throws(WorkerLaunchError) -> LaunchedWorker {
            try LaunchedWorker.onThread { self.serve($0) }
        }

        private func serve(_ channel: consuming MessageChannel) {
            try? channel.send(beginning.bytes)
            while let message = try? channel.receive() {
                let count = requests.withLock { requests in
                    requests.append(message.bytes)
                    return requests.count
                }
                guard (try? answer(count, channel)) != nil else { return }
            }
        }
    }

    private final class Monitor: DownloadMonitor {
        let isCancelled = Atomic<Bool>(false)
        let shown = Mutex<[String]>([])
        private let cancelsAfterReports: Int

        init(cancelsAfterReports: Int = .max) { self.cancelsAfterReports = cancelsAfterReports }

        func willDownload(for object: String) { shown.withLock { $0.append(object) } }
        func hasDownloaded(_ received: UInt64, of total: UInt64?, for object: String) {
            let count = shown.withLock { shown in
                shown.append("\(object) \(received)/\(total ?? 0)")
                return shown.count
            }
            if count > cancelsAfterReports { isCancelled.store(true, ordering: .relaxed) }
        }
        func didDownload() { shown.withLock { $0.append("-") } }
        var mustEnd: Bool { isCancelled.load(ordering: .relaxed) }
    }

    private func downloads(
        _ script: Script, limitSeconds: Double = 60, _ monitor: Monitor = Monitor()
    ) -> DebugFileDownloads {
        DebugFileDownloads(script, limitSeconds: limitSeconds, monitor: monitor)
    }

    /// Sends a file, opened so.
    private func sender(_ flags: Int32, of path: String) -> Script.Answer {
        { _, channel in
            let file = try OwnedDescriptor(opening: path, flags: flags)
            try channel.send(DownloadReply.found.bytes, descriptors: [file.rawValue])
        }
    }

    @Test func `A file that came is handed on as often as it is asked for, and requested once`() throws {
        let monitor = Monitor()
        let send = sender(O_RDONLY, of: "\(file.path)/file")
        let script = try Script { request, channel in
            try channel.send(DownloadReply.progress(received: 2, total: 5).bytes)
            try send(request, channel)
        }
        let downloads = downloads(script, monitor)
        for _ in 1...2 {
            let found = downloads.debugFile(of: first, for: "/usr/lib/libx.so")
            let size = try found?.status().size
            #expect(size == 5)
        }
        #expect(script.requests.withLock(\.self) == [first.bytes])
        #expect(monitor.shown.withLock(\.self) == ["libx.so", "libx.so 2/5", "-"])
        #expect(downloads.losses.warnings.isEmpty)
    }

    @Test func `A build-id that no server has is requested once, and is no loss`() throws {
        let script = try Script { _, channel in try channel.send(DownloadReply.failed(errno: ENOENT).bytes) }
        let downloads = downloads(script)
        for _ in 1...2 { #expect(!downloads.has(first, for: "x")) }
        #expect(script.requests.withLock(\.count) == 1 && downloads.losses == DownloadLosses())
    }

    @Test(arguments: [(O_RDWR, "file"), (O_WRONLY, "file"), (O_RDONLY, ".")])
    func `What can be written to, or is no file, ends downloading`(flags: Int32, name: String) throws {
        let script = try Script(sender(flags, of: "\(file.path)/\(name)"))
        let downloads = downloads(script)
        #expect(!downloads.has(first, for: "x"))
        #expect(!downloads.has(second, for: "y"))
        #expect(script.requests.withLock(\.count) == 1)
        #expect(downloads.losses.unfetched == ["x", "y"])
    }

    @Test func `A library that is missing is one warning with its remedy`() throws {
        let missing = DownloadReply.Obstacle.library(reason: "libdebuginfod.so.1: cannot open shared object file")
        let script = try Script(beginning: .unavailable(missing)) { _, _ in }
        let downloads = downloads(script)
        for id in [first, second] { #expect(!downloads.has(id, for: "x")) }
        let warnings = downloads.losses.warnings
        #expect(warnings.count == 1 && warnings[0].contains("cannot open shared object file"))
        #expect(warnings[0].hasSuffix("\n  apt install libdebuginfod1"))
        #expect(script.requests.withLock(\.count) == 0)
    }

    @Test func `When all downloads have taken their time, no more is asked for`() throws {
        let script = try Script { _, _ in }
        let downloads = downloads(script, limitSeconds: 0.2)
        for (id, name) in [(first, "x"), (second, "y")] { #expect(!downloads.has(id, for: name)) }
        #expect(script.requests.withLock(\.count) <= 1)
        let warnings = downloads.losses.warnings
        #expect(warnings.count == 1 && warnings[0].hasPrefix("debug information of x, y was not fetched within"))
        #expect(warnings[0].contains("--fetch-limit 1s"))
    }

    @Test func `Who interrupts a download waits no longer`() throws {
        let monitor = Monitor()
        let script = try Script { _, _ in monitor.isCancelled.store(true, ordering: .relaxed) }
        let downloads = downloads(script, monitor)
        for (id, name) in [(first, "x"), (second, "y")] { #expect(!downloads.has(id, for: name)) }
        #expect(downloads.losses.end == .interrupted && downloads.losses.unfetched == ["x", "y"])
    }

    private struct Gone: Error {}

    private static let faults: [(Script.Answer, String)] = [
        ({ _, _ in throw Gone() }, "has ended"),
        ({ _, channel in try channel.send([99]) }, "sent a message that can't be read"),
        ({ _, channel in try channel.send([UInt8](repeating: 0, count: 1 << 20)) }, "sent a message of 1.0 MiB"),
        (
            { _, channel in try channel.send(DownloadReply.ready(reachesUserFiles: false).bytes) },
            "sent a message out of order"
        ),
        ({ _, channel in try channel.send(DownloadReply.found.bytes) }, "sent something else than a regular file"),
        (
            { _, channel in
                while true { try channel.send(DownloadReply.lostServer(url: "http://a", errno: ETIME).bytes) }
            }, "reports too many servers"
        ),
    ]

    @Test(arguments: faults.indices) func `A process that ends, or misbehaves, is not asked again`(index: Int) throws {
        let (answer, reason) = Self.faults[index]
        let script = try Script(answer)
        let downloads = downloads(script)
        for id in [first, second] { #expect(!downloads.has(id, for: "x")) }
        #expect(script.requests.withLock(\.count) == 1)
        let warning = try #require(downloads.losses.warnings.first)
        #expect(warning.contains("the process that fetches it \(reason)"), "\(warning)")
    }

    @Test func `A process that begins with something else is asked for nothing`() throws {
        let script = try Script(beginning: .found) { _, _ in }
        let downloads = downloads(script)
        #expect(!downloads.has(first, for: "x") && script.requests.withLock(\.isEmpty))
        #expect(downloads.losses.warnings.first?.contains("began with a message that") == true)
    }

    @Test func `A process that reports progress without end is interrupted`() throws {
        let monitor = Monitor(cancelsAfterReports: 1000)
        let script = try Script { _, channel in
            while true { try channel.send(DownloadReply.progress(received: 1, total: nil).bytes) }
        }
        let downloads = downloads(script, monitor)
        for (id, name) in [(first, "x"), (second, "y")] { #expect(!downloads.has(id, for: name)) }
        #expect(downloads.losses.end == .interrupted && downloads.losses.unfetched == ["x", "y"])
    }

    @Test func `An interruption while the last bytes come ends what would follow`() throws {
        let monitor = Monitor()
        let send = sender(O_RDONLY, of: "\(file.path)/file")
        let script = try Script { request, channel in
            monitor.isCancelled.store(true, ordering: .relaxed)
            try send(request, channel)
        }
        let downloads = downloads(script, monitor)
        _ = downloads.has(first, for: "x")
        monitor.isCancelled.store(false, ordering: .relaxed)
        #expect(!downloads.has(second, for: "y"))
        #expect(downloads.losses.end == .interrupted && script.requests.withLock(\.count) == 1)
    }

    @Test(arguments: [0, 64, 1000]) func `A build-id that no server can have is not asked for`(count: Int) throws {
        let script = try Script(sender(O_RDONLY, of: "\(file.path)/file"))
        let downloads = downloads(script)
        #expect(!downloads.has(BuildID(bytes: [UInt8](repeating: 7, count: count)), for: "x"))
        #expect(script.requests.withLock(\.isEmpty) && downloads.losses == DownloadLosses())
        #expect(downloads.has(BuildID(bytes: [UInt8](repeating: 7, count: 63)), for: "y"))
    }

    @Test func `Where the kernel doesn't confine the process to its files, that is a warning`() throws {
        let script = try Script(beginning: .ready(reachesUserFiles: true), sender(O_RDONLY, of: "\(file.path)/file"))
        let downloads = downloads(script)
        #expect(downloads.has(first, for: "x"))
        #expect(downloads.losses.warnings.count == 1 && downloads.losses.warnings[0].contains("no Landlock"))
    }

    @Test func `Servers that don't answer, and what that costs, are one warning`() throws {
        let script = try Script { request, channel in
            if request == 1 { try channel.send(DownloadReply.lostServer(url: "http://a\u{1b}", errno: ETIME).bytes) }
            try channel.send(DownloadReply.failed(errno: ETIME).bytes)
        }
        let downloads = downloads(script)
        for (id, name) in [(first, "x"), (second, "y")] { #expect(!downloads.has(id, for: name)) }
        let warnings = downloads.losses.warnings
        #expect(warnings.count == 1 && warnings[0].contains("(no answer in time); debug information of x, y"))
        #expect(!warnings[0].contains("\u{1b}"))
    }

    @Test func `A file that is another program's is reported, and not handed on again`() throws {
        let downloads = downloads(try Script(sender(O_RDONLY, of: "\(file.path)/file")))
        #expect(downloads.has(first, for: "x"))
        downloads.reject(first, for: "x")
        #expect(!downloads.has(first, for: "x"))
        #expect(downloads.losses.warnings.count == 1 && downloads.losses.warnings[0].contains("what came for x is not"))
    }
}

extension DebugFileDownloads {
    /// Whether a file comes.
    fileprivate func has(_ id: BuildID, for object: String) -> Bool {
        switch debugFile(of: id, for: object) {
        case nil: false
        case _?: true
        }
    }
}
