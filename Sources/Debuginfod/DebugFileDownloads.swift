internal import CLinux
internal import Glibc
package import ProfileModel
internal import Synchronization
package import SystemSupport
package import WorkerControl
internal import WorkerProtocol

/// Watches downloads, and can end them.
package protocol DownloadMonitor: Sendable {
    /// The debug file of an object file is asked for.
    func willDownload(for object: String)

    /// So many bytes of it have come.
    func hasDownloaded(_ received: UInt64, of total: UInt64?, for object: String)

    /// It has come, or doesn't come.
    func didDownload()

    /// Whether downloading is to end, for good; asked all the time.
    var mustEnd: Bool { get }
}

/// The tracer's side of the process that downloads: what was asked of it, what came, and what didn't.
///
/// Each build-id is asked for once. What servers send is handed on open and unread.
package final class DebugFileDownloads: DebugFileDownloader {
    private let session: Mutex<Session>

    /// - Parameters:
    ///   - launcher: of the process; used when the first file is asked for.
    ///   - limitSeconds: how long all downloads together may take.
    package init(_ launcher: any WorkerLauncher, limitSeconds: Double, monitor: any DownloadMonitor) {
        session = Mutex(Session(launcher, limitSeconds, monitor))
    }

    package var losses: DownloadLosses { session.withLock(\.losses) }

    package func debugFile(of id: BuildID, for path: String) -> OwnedDescriptor? {
        session.withLock { $0.debugFile(of: id, for: Self.name(of: path)) }
    }

    package func reject(_ id: BuildID, for path: String) {
        session.withLock { $0.reject(id, for: Self.name(of: path)) }
    }

    private static func name(of path: String) -> String {
        printable(path.split(separator: "/").last ?? path[...], limit: 100)
    }
}

private struct Session {
    private(set) var losses = DownloadLosses()
    private let launcher: any WorkerLauncher
    private let limitSeconds: Double
    private let monitor: any DownloadMonitor
    private var connection: Connection?
    /// What was asked for; `nil` where nothing came.
    private var files: [BuildID: DownloadedFile?] = [:]
    private var usedNanoseconds: UInt64 = 0
    /// More than a recording has object files; a worker in a target's hands may ask for any.
    private static let mostFiles = 8192
    private static let mostServers = 64

    init(_ launcher: any WorkerLauncher, _ limitSeconds: Double, _ monitor: any DownloadMonitor) {
        self.launcher = launcher
        self.limitSeconds = limitSeconds
        self.monitor = monitor
    }

    mutating func reject(_ id: BuildID, for object: String) {
        guard case .some(.some) = files[id] else { return }
        files[id] = .some(nil)
        losses.rejected.append(object)
    }

    mutating func debugFile(of id: BuildID, for object: String) -> OwnedDescriptor? {
        if let known = files[id] { return known.flatMap { duplicate($0, for: object) } }
        // No server can have what can't be asked for.
        guard files.count < Self.mostFiles, DownloadReply.buildIDBytes.contains(id.bytes.count) else { return nil }
        files[id] = .some(nil)
        guard losses.end == nil else {
            losses.unfetched.append(object)
            return nil
        }
        let start = MonotonicTime.now
        monitor.willDownload(for: object)
        defer {
            // An interruption that came with the last bytes is none of what follows.
            if losses.end == nil, monitor.mustEnd { end(.interrupted) }
            monitor.didDownload()
            usedNanoseconds += MonotonicTime.now.since(start)
        }
        let wait = Wait(monitor: monitor, start: start, used: usedNanoseconds, limitSeconds: limitSeconds)
        do throws(DownloadLosses.End) {
            guard let file = try download(id, for: object, wait) else { return nil }
            files[id] = file
            return duplicate(file, for: object)
        } catch {
            end(error)
            losses.unfetched.append(object)
            return nil
        }
    }

    private mutating func end(_ reason: DownloadLosses.End) {
        losses.end = reason
        // The process ends with it.
        connection = nil
    }

    private mutating func duplicate(_ file: DownloadedFile, for object: String) -> OwnedDescriptor? {
        do throws(SystemCallError) {
            return try OwnedDescriptor(duplicating: file.descriptor.rawValue)
        } catch {
            losses.failed[error.errno, default: []].append(object)
            return nil
        }
    }

    private mutating func download(
        _ id: BuildID, for object: String, _ wait: Wait
    ) throws(DownloadLosses.End) -> DownloadedFile? {
        let connection = try connect(wait)
        try connection.send(id.bytes, wait)
        while true {
            // A process that sends without end is never waited for.
            guard wait.mayGoOn else { throw wait.end(after: .abandoned) }
            var message = try connection.receive(wait)
            switch try? DownloadReply(parsing: message.bytes) {
            case .progress(let received, let total): monitor.hasDownloaded(received, of: total, for: object)
            case .lostServer(let url, let number):
                guard losses.servers.count < Self.mostServers else { throw .fault("reports too many servers") }
                losses.servers.append(DownloadLosses.Server(url: url, errno: number))
            case .found:
                guard let file = message.takeDescriptor(), Self.isReadable(file) else {
                    throw .fault("sent something else than a regular file that is open for reading only")
                }
                return DownloadedFile(file)
            case .failed(let number):
                if number != ENOENT { losses.failed[number, default: []].append(object) }
                return nil
            case .ready, .unavailable: throw .fault("sent a message out of order")
            case nil: throw .fault("sent a message that can't be read")
            }
        }
    }

    /// A regular file that its receiver can't write to.
    private static func isReadable(_ file: borrowing OwnedDescriptor) -> Bool {
        (try? file.status().kind) == .regular && fcntl(file.rawValue, F_GETFL) & O_ACCMODE == O_RDONLY
    }

    /// Starts the process, if there is none yet.
    private mutating func connect(_ wait: Wait) throws(DownloadLosses.End) -> Connection {
        if let connection { return connection }
        let launched: LaunchedWorker
        do throws(WorkerLaunchError) {
            launched = try launcher.launch()
        } catch {
            throw .process(reason: "\(error)")
        }
        let started = Connection(launched.takeChannel())
        let message = try started.receive(wait)
        switch try? DownloadReply(parsing: message.bytes) {
        case .ready(let reachesUserFiles): losses.hasReachedUserFiles = reachesUserFiles
        case .unavailable(let obstacle): throw .unavailable(obstacle)
        default: throw .fault("began with a message that can't be read, or is out of order")
        }
        connection = started
        return started
    }
}

/// Sonde's end of the socket.
private final class Connection: Sendable {
    private let channel: MessageChannel

    init(_ channel: consuming MessageChannel) { self.channel = channel }

    func send(_ bytes: [UInt8], _ wait: Wait) throws(DownloadLosses.End) {
        do throws(MessageChannel.Failure) {
            try channel.send(bytes, mayWait: { wait.mayGoOn })
        } catch {
            throw wait.end(after: error)
        }
    }

    func receive(_ wait: Wait) throws(DownloadLosses.End) -> MessageChannel.Message {
        do throws(MessageChannel.Failure) {
            return try channel.receive(limit: DownloadReply.limit, mayWait: { wait.mayGoOn })
        } catch {
            throw wait.end(after: error)
        }
    }
}

/// How long one file may be waited for.
private struct Wait {
    let monitor: any DownloadMonitor
    let start: MonotonicTime
    /// The nanoseconds that those before it took.
    let used: UInt64
    /// What all may take.
    let limitSeconds: Double

    var mayGoOn: Bool {
        !monitor.mustEnd && Double(used + MonotonicTime.now.since(start)) < limitSeconds * 1e9
    }

    func end(after failure: MessageChannel.Failure) -> DownloadLosses.End {
        switch failure {
        case .abandoned: monitor.mustEnd ? .interrupted : .limit(seconds: limitSeconds)
        case .closed: .process(reason: "the process that fetches it has ended; does something kill it?")
        case .system(let number):
            .process(reason: "the process that fetches it can't be reached: \(errorText(number))")
        case .tooLong(let count): .fault("sent a message of \(NumberText.bytes(count))")
        }
    }
}

extension DownloadLosses.End {
    /// The process did what it never does of itself.
    fileprivate static func fault(_ what: String) -> Self {
        .process(
            reason: "the process that fetches it \(what)\n"
                + "  this is an error of Sonde, or a server has taken the process over: please report it")
    }
}
