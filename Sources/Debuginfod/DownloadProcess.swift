internal import CLinux
internal import Confinement
internal import Glibc
internal import ProfileModel
internal import Synchronization
internal import SystemSupport
package import WorkerControl
internal import WorkerProtocol

/// The process that speaks with debuginfod servers: it has no privileges, and reads nothing of targets.
///
/// It ends when its socket does, and not with Sonde: what the library has begun to write is removed first.
package enum DownloadProcess {
    /// To be asked for while Sonde has its privileges.
    ///
    /// Where Sonde is root, the process belongs to the user who called sudo(8), whose cache it uses, or else to nobody.
    package static var program: WorkerTemplate.Program {
        let invoking = InvokingUser.current
        let user = invoking.map { UserAccount(id: $0.user, group: $0.group) } ?? UnprivilegedProcess.nobody
        let isRoot = geteuid() == 0
        let home = isRoot ? invoking.flatMap { try? $0.account().home } : environment("HOME")
        // The files of the user who runs Sonde are in reach of all that this user starts.
        let actsForAnother = isRoot && invoking != nil
        return WorkerTemplate.Program(
            confineTemplate: { try UnprivilegedProcess.enter(keeping: $0, as: user, limits: limits) },
            serve: { channel, _ in serve(channel, home: home, actsForAnother: actsForAnother) },
            refusal: { DownloadReply.unavailable(.confinement(reason: $0)).bytes })
    }

    /// Threads of libcurl and their heaps; days of downloading; the debug information of a browser several times.
    private static let limits = ProcessLimits(
        addressSpaceBytes: 4 << 30, cpuSeconds: 3600, openDescriptors: 256, fileBytes: 16 << 30)

    private static func serve(_ channel: consuming MessageChannel, home: String?, actsForAnother: Bool) {
        unsafe clinux_name_thread("sonde-download")
        _ = clinux_end_with_parent(0)
        // A file that exceeds the limit fails with EFBIG.
        _ = signal(SIGXFSZ, SIG_IGN)
        let connection = Connection(channel)
        do throws(DownloadReply.Obstacle) {
            let cache = try DownloadCache(home: home, environment: environment)
            var downloads = try Downloads(connection, cache)
            let outcome = try confine(to: cache)
            try connection.endWithPeer()
            let reachesUserFiles = if case .unavailable = outcome { actsForAnother } else { false }
            try? connection.channel.send(DownloadReply.ready(reachesUserFiles: reachesUserFiles).bytes)
            downloads.run()
        } catch {
            try? connection.channel.send(DownloadReply.unavailable(error).bytes)
        }
    }

    private static func environment(_ name: String) -> String? {
        // Safe: the string is copied at once; one thread changes the environment, and reads it.
        let value = unsafe getenv(name).map { unsafe String(cString: $0) }
        return value?.isEmpty == false ? value : nil
    }

    // MARK: - Confinement

    private static func confine(to cache: DownloadCache) throws(DownloadReply.Obstacle) -> Landlock.Outcome {
        do throws(ConfinementError) {
            let outcome = try Landlock.allowOnly(reading: readablePaths, writing: [cache.path])
            try filter.load()
            return outcome
        } catch {
            throw .confinement(reason: "\(error)")
        }
    }

    /// Libraries, certificates and the resolver's configuration, and what the user names for the library.
    private static var readablePaths: [String] {
        let system = [
            "/usr", "/lib", "/lib32", "/lib64", "/etc", "/var/lib/ca-certificates", "/nix/store",
            "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager",
            "/dev/null", "/dev/urandom", "/dev/random",
        ]
        let urls = (environment("DEBUGINFOD_URLS") ?? "").split(whereSeparator: \.isWhitespace)
        let directories = urls.filter { $0.hasPrefix("file://") }.map { String($0.dropFirst("file://".count)) }
        return system + directories + [environment("DEBUGINFOD_HEADERS_FILE")].compactMap(\.self)
    }

    private static var filter: SeccompFilter {
        var filter = SeccompFilter.withoutPrivilegedCalls
        let refusal = SeccompFilter.Action.fail(errno: EPERM)
        filter.add(
            refusal,
            [
                "listen", "accept", "accept4", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open",
                "pidfd_send_signal",
            ])
        filter.denyNewProcesses()
        // By AF_NETLINK the resolver reads addresses. D-Bus, agents of ssh and others that trust a user listen at AF_UNIX.
        filter.denySockets(exceptOf: [AF_INET, AF_INET6, AF_NETLINK])
        // Of other processes; threads of its own, and abort(3), take these too.
        for call in ["kill", "tgkill"] {
            filter.add(
                SeccompFilter.Rule(call, refusal, where: [.init(argument: 0, .notEqual(UInt64(getpid())))]))
        }
        filter.add(SeccompFilter.Rule("prlimit64", refusal, where: [.init(argument: 0, .notEqual(0))]))
        return filter
    }
}

/// The process's end of the socket.
private final class Connection: Sendable {
    let channel: MessageChannel

    /// Longer than the library takes to stop.
    private static let secondsToEnd: UInt32 = 30

    init(_ channel: consuming MessageChannel) { self.channel = channel }

    /// Ends the process some time after the tracer has closed the socket, whatever the library is at: its progress isn't
    /// asked for while it waits for a name server.
    func endWithPeer() throws(DownloadReply.Obstacle) {
        do throws(SystemCallError) {
            _ = try OwnedThread(name: "sonde-socket") { [self] in
                var entry = pollfd(fd: channel.socket.rawValue, events: 0, revents: 0)
                // Safe: the call accesses one entry.
                while unsafe poll(&entry, 1, -1) < 0, errno == EINTR {}
                alarm(Self.secondsToEnd)
            }
        } catch {
            throw .confinement(reason: "\(error)")
        }
    }

    /// Whether the tracer has gone, or doesn't wait any more.
    var isAbandoned: Bool {
        var entry = pollfd(fd: channel.socket.rawValue, events: Int16(POLLIN), revents: 0)
        // Safe: the call accesses one entry.
        return unsafe poll(&entry, 1, 0) > 0
    }
}

/// What the process does.
private struct Downloads {
    private let connection: Connection
    private let cache: DownloadCache
    private let library: DebuginfodLibrary
    private var servers: DownloadServers

    init(_ connection: Connection, _ cache: DownloadCache) throws(DownloadReply.Obstacle) {
        self.connection = connection
        self.cache = cache
        unsafe servers = DownloadServers(variable: getenv("DEBUGINFOD_URLS").map { unsafe String(cString: $0) } ?? "")
        unsafe setenv("DEBUGINFOD_CACHE_PATH", cache.path, 1)
        // A server that doesn't answer would be asked three times.
        unsafe setenv("DEBUGINFOD_RETRY_LIMIT", "0", 0)
        do throws(DebuginfodLibrary.LoadFailure) {
            library = try DebuginfodLibrary()
        } catch {
            throw .library(reason: error.reason)
        }
    }

    /// Serves the tracer until it goes.
    mutating func run() {
        while let message = try? connection.channel.receive(limit: DownloadReply.limit) {
            let id = BuildID(bytes: message.bytes)
            let answer = answer(id)
            if connection.isAbandoned || servers.hasLost { cache.discardMiss(of: id) }
            guard !connection.isAbandoned else { return }
            do throws(MessageChannel.Failure) {
                switch answer {
                case .found(let file):
                    try connection.channel.send(DownloadReply.found.bytes, descriptors: [file.descriptor.rawValue])
                case .failed(let number, _): try connection.channel.send(DownloadReply.failed(errno: number).bytes)
                }
            } catch {
                return
            }
        }
    }

    private mutating func answer(_ id: BuildID) -> DownloadServers.Answer {
        // The library takes an empty one for a string, and the error for a long one is that of a wrong URL.
        guard DownloadReply.buildIDBytes.contains(id.bytes.count) else {
            return .failed(errno: ENOENT, hasBegun: false)
        }
        let (connection, cache, library) = (connection, cache, library)
        var isFirst = true
        return servers.find { urls in
            if !isFirst { cache.discardMiss(of: id) }
            isFirst = false
            unsafe setenv("DEBUGINFOD_URLS", urls.joined(separator: " "), 1)
            let progress = Progress(connection)
            switch library.debugFile(of: id, progress: progress.report) {
            case .found(let file): return .found(file)
            case .failed(let number): return .failed(errno: number, hasBegun: progress.hasBegun)
            }
        } losing: { url, number in
            try? connection.channel.send(DownloadReply.lostServer(url: url, errno: number).bytes)
        }
    }
}

/// Reports how much of one file has come.
private final class Progress: Sendable {
    private struct State {
        var hasBegun = false
        var reported: MonotonicTime?
    }

    private let connection: Connection
    private let state = Mutex(State())
    private static let interval: UInt64 = 100_000_000

    init(_ connection: Connection) { self.connection = connection }

    var hasBegun: Bool { state.withLock(\.hasBegun) }

    /// Returns whether to go on; `total` is above 0 where the server says how much comes.
    func report(received: Int, total: Int, hasBegun: Bool) -> Bool {
        guard !connection.isAbandoned else { return false }
        guard hasBegun else { return true }
        let isDue = state.withLock { state in
            state.hasBegun = true
            guard state.reported.map({ MonotonicTime.now.since($0) >= Self.interval }) ?? true else { return false }
            state.reported = .now
            return true
        }
        guard isDue else { return true }
        let reply = DownloadReply.progress(
            received: UInt64(max(0, received)), total: total > 0 ? UInt64(total) : nil)
        return (try? connection.channel.send(reply.bytes)) != nil
    }
}
