internal import Glibc
internal import SystemSupport
package import WorkerProtocol

/// What was not downloaded, and why; that servers have no file of a build-id is no loss.
package struct DownloadLosses: Equatable, Sendable {
    /// Why no more is asked for.
    package enum End: Error, Equatable {
        case interrupted
        /// All downloads together took so long.
        case limit(seconds: Double)
        case unavailable(DownloadReply.Obstacle)
        /// The process can't be started, or was lost.
        case process(reason: String)
    }

    package struct Server: Hashable, Sendable {
        package let url: String
        package let errno: Int32
    }

    package internal(set) var end: End?
    /// Object files whose debug files were not asked for after that, or were not waited for.
    package internal(set) var unfetched: [String] = []
    /// Servers that don't answer.
    package internal(set) var servers: [Server] = []
    /// Object files whose debug files could not be had, by the error.
    package internal(set) var failed: [Int32: [String]] = [:]
    /// Object files for which something else came.
    package internal(set) var rejected: [String] = []
    /// Whether the process could read and write all files of a user who owns some.
    package internal(set) var hasReachedUserFiles = false

    package init() {}
}

extension DownloadLosses {
    /// The gravest first; each ends with its remedy.
    package var warnings: [String] {
        [endWarning, serverWarning].compactMap(\.self) + failureWarnings
            + [rejectionWarning, confinementWarning].compactMap(\.self)
    }

    private var endWarning: String? {
        switch end {
        case nil: nil
        case .interrupted where unfetched.isEmpty: nil
        case .interrupted:
            "fetching debug information was interrupted; that of \(Self.list(unfetched)) is missing\n"
                + "  what has come before is kept: the next recording has it at once"
        case .limit(let seconds):
            "debug information of \(Self.list(unfetched)) was not fetched within \(DurationText.text(seconds))\n"
                + "  --fetch-limit \(DurationText.text(seconds * 5)) gives it more time; files that have come are kept"
        case .unavailable(let obstacle): "no debug information was fetched: \(obstacle.explanation)"
        case .process(let reason): "debug information of \(Self.list(unfetched)) was not fetched: \(reason)"
        }
    }

    private var serverWarning: String? {
        guard !servers.isEmpty else { return nil }
        let list = servers.map { "\(printable($0.url, limit: 200)) (\(Self.text($0.errno)))" }.joined(separator: ", ")
        let missing = failed.filter { Self.isOfServers($0.key) }.values.flatMap(\.self).sorted()
        let consequence = missing.isEmpty ? "" : "; debug information of \(Self.list(missing)) was not fetched"
        return "no answer from \(list)\(consequence)\n  check DEBUGINFOD_URLS and the network"
    }

    private var failureWarnings: [String] {
        failed.sorted { $0.key < $1.key }.compactMap { number, objects in
            guard servers.isEmpty || !Self.isOfServers(number) else { return nil }
            return "debug information of \(Self.list(objects)) was not fetched: \(Self.text(number))"
                + (Self.remedies[number].map { "\n  \($0)" } ?? "")
        }
    }

    private var rejectionWarning: String? {
        guard !rejected.isEmpty else { return nil }
        return "what came for \(Self.list(rejected)) is not its debug information, and is not used\n"
            + "  remove it from the cache of debuginfod, and report it to who runs the server"
    }

    private var confinementWarning: String? {
        guard hasReachedUserFiles else { return nil }
        return "the process that fetched debug information could use all files of its user: there is no Landlock\n"
            + "  Linux 5.13 and later have it, unless it is turned off (lsm= in the kernel's command line)"
    }

    /// Errors after which a server is not asked any more.
    private static func isOfServers(_ number: Int32) -> Bool {
        [ETIME, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EINVAL].contains(number)
    }

    private static let remedies: [Int32: String] = [
        ENOSPC: "make room, or name another directory by DEBUGINFOD_CACHE_PATH",
        EDQUOT: "make room, or name another directory by DEBUGINFOD_CACHE_PATH",
        EIO: "make room, or name another directory by DEBUGINFOD_CACHE_PATH",
        EACCES: "name a directory that can be written to by DEBUGINFOD_CACHE_PATH",
        EFBIG: "DEBUGINFOD_MAXSIZE limits it",
        EMFILE: "ulimit -n allows Sonde too few open files",
        ETIME: "DEBUGINFOD_TIMEOUT and DEBUGINFOD_MAXTIME limit how long a file may take",
    ]

    /// As people understand what the library makes of errors of the network.
    private static func text(_ number: Int32) -> String {
        switch number {
        case ETIME, ETIMEDOUT: "no answer in time"
        case ECONNREFUSED: "refused, or its certificate is not accepted"
        case EHOSTUNREACH: "the host's name is not known"
        case EINVAL: "not a URL"
        default: errorText(number)
        }
    }

    private static func list(_ objects: [String]) -> String {
        let shown = objects.prefix(shownObjects).joined(separator: ", ")
        let rest = objects.count - shownObjects
        return rest > 0 ? "\(shown) and \(NumberText.count(rest, "other file"))" : shown
    }

    private static let shownObjects = 5
}

extension DownloadReply.Obstacle {
    fileprivate var explanation: String {
        switch self {
        case .library(let reason):
            "DEBUGINFOD_URLS is set, and elfutils' library can't be loaded (\(printable(reason, limit: 300)))\n"
                + "  apt install libdebuginfod1"
        case .confinement(let reason): "its process can't be confined: \(printable(reason, limit: 300))"
        case .cache(let path, let number):
            "\(printable(path, limit: 300)) can't be used as the cache of downloads (\(errorText(number)))\n"
                + "  name a directory that can be written to by DEBUGINFOD_CACHE_PATH"
        }
    }
}
