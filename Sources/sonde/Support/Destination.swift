import Glibc
import SystemSupport

/// Where a result goes; opened before any process is touched.
struct Destination: ~Copyable {
    /// `nil` for standard output.
    private var file: OutputFile?
    /// What the result is called when it has to be saved elsewhere.
    private let name: String

    /// Standard output.
    init(standardOutputFor name: String) throws(CommandFailure) {
        guard StandardStream.output.isWritable else {
            throw CommandFailure("standard output is closed; name a file with -o FILE")
        }
        file = nil
        self.name = name
    }

    init(path: String) throws(CommandFailure) {
        file = try Self.opened(path)
        name = ProcessTitle.baseName(path)
    }

    /// Seconds to wait for a process that reads a pipe.
    private static let readerTimeout = 10.0

    /// Opens an output; waits a while for the reader of a pipe.
    static func opened(_ path: String) throws(CommandFailure) -> OutputFile {
        let start = MonotonicTime.now
        do {
            return try OutputFile(replacing: path) {
                let elapsed = Double(MonotonicTime.now.since(start)) / 1e9
                return !InterruptSignals.wait(nanoseconds: 10_000_000) && elapsed < readerTimeout
            }
        } catch {
            if case .noReader = error, InterruptSignals.isRequested { throw InterruptSignals.failure }
            throw CommandFailure("\(error)")
        }
    }

    /// Writes the result, reports where it is, and returns the path; `nil` for standard output.
    ///
    /// When that fails, the result is saved elsewhere: a recording can't be repeated.
    @discardableResult
    consuming func write(_ bytes: [UInt8], quietly: Bool = false) throws(CommandFailure) -> String? {
        let isFile = file != nil
        do {
            guard var file else {
                try StandardStream.output.writeUntrusted(bytes)
                return nil
            }
            let path = file.path
            try file.write(bytes)
            try file.publish()
            let isPicture = [".svg", ".html"].contains { path.hasSuffix($0) }
            if !quietly { Console.say("Wrote \(path)" + (isPicture ? "; open it in a browser" : "")) }
            return path
        } catch {
            // The reader of a pipe closed it: it has read all that it wants.
            guard error.errno != EPIPE else {
                throw isFile ? CommandFailure("\(error)") : CommandFailure(ofStandardOutput: error)
            }
            throw CommandFailure("\(error)\n  \(Self.rescue(bytes, name: name))")
        }
    }

    private static func rescue(_ bytes: [UInt8], name: String) -> String {
        for directory in ["/tmp", "/dev/shm"] {
            let place = "\(directory)/sonde-rescued-\(getpid())-\(name)"
            do {
                var file = try OutputFile(replacing: place)
                try file.write(bytes)
                try file.publish()
                return "the result was saved as \(place) instead"
            } catch {
                continue
            }
        }
        return "the result could not be saved anywhere else"
    }
}
