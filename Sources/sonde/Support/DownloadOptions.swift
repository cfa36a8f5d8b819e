import ArgumentParser
import Debuginfod
import Synchronization
import SystemSupport
import WorkerControl

/// What commands have in common that download debug information.
struct DownloadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long fetching debug information from the servers of DEBUGINFOD_URLS may take in all. (default: 2m)",
            valueName: "time"))
    var fetchLimit: TimeSpan?

    /// A part of a discussion.
    static let help = """


        DEBUG INFORMATION FROM SERVERS
        Where DEBUGINFOD_URLS names debuginfod servers, separated by spaces, debug information that is nowhere on the host is \
        fetched from them, by a process without privileges, with elfutils' library (apt install libdebuginfod1), its cache \
        and its settings: debuginfod-client-config(7). Ctrl-C ends that, and keeps the result. sudo takes the variable from \
        its own command line:
          sudo DEBUGINFOD_URLS=https://debuginfod.elfutils.org sonde record -p 812
        """

    /// Whether the user wants that.
    static var areServersNamed: Bool {
        (Console.environment("DEBUGINFOD_URLS") ?? "").contains { !$0.isWhitespace }
    }

    /// Starts the process that downloads; to be called while there is one thread.
    ///
    /// `nil` where no servers are named, and, after a warning, where there can't be one.
    func downloads() -> ConsoleDownloads? {
        guard Self.areServersNamed else {
            if fetchLimit != nil {
                Console.warn(
                    "--fetch-limit has no effect: DEBUGINFOD_URLS names no servers\n"
                        + "  sudo passes the variable on as sudo DEBUGINFOD_URLS=URL sonde …")
            }
            return nil
        }
        do throws(WorkerLaunchError) {
            return ConsoleDownloads(
                try WorkerTemplate(DownloadProcess.program, areaCapacity: 0),
                limitSeconds: fetchLimit?.seconds ?? Self.defaultSeconds)
        } catch {
            Console.warn("no debug information is fetched: \(error)")
            return nil
        }
    }

    /// The debug information of some dozen libraries comes in that time.
    private static let defaultSeconds = 120.0
}

/// Downloads whose progress is a line on the terminal, and which Ctrl-C ends.
struct ConsoleDownloads {
    let downloader: DebugFileDownloads
    private let monitor = DownloadLine()

    init(_ launcher: any WorkerLauncher, limitSeconds: Double) {
        downloader = DebugFileDownloads(launcher, limitSeconds: limitSeconds, monitor: monitor)
    }

    /// Removes the line, and says what was not downloaded.
    func finish() {
        monitor.clear()
        for warning in downloader.losses.warnings { Console.warn(warning) }
    }
}

private final class DownloadLine: DownloadMonitor {
    private let progress = Mutex(ProgressLine(seconds: nil))

    func willDownload(for object: String) {
        InterruptSignals.beginCancellableWait()
        show("fetching debug information of \(object) …")
    }

    func hasDownloaded(_ received: UInt64, of total: UInt64?, for object: String) {
        let all = total.map { " of \(NumberText.bytes($0))" } ?? ""
        show("fetching debug information of \(object): \(NumberText.bytes(received))\(all)")
    }

    func didDownload() {
        InterruptSignals.endCancellableWait()
        show("naming functions …")
    }

    var mustEnd: Bool { InterruptSignals.isWaitCancelled }

    func clear() { progress.withLock { $0.clear() } }

    private func show(_ text: String) { progress.withLock { $0.show(text) } }
}
