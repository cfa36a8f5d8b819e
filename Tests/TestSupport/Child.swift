package import Foundation
import Synchronization

/// A running child process with pipes of its own; killed and reaped when it goes.
///
/// Its standard output and error are read as they come, so that it never blocks on a full pipe.
package final class Child: Sendable {
    package let pid: Int32
    /// The command as a person would type it, for messages.
    package let command: String
    private let input: Mutex<FileHandle?>
    private let output: OutputBuffer
    private let errors: OutputBuffer
    private let end = Mutex<ExitStatus?>(nil)

    /// Starts a program that PATH or an absolute path names.
    ///
    /// The environment given is added to the tests' own, which names no servers of debug information.
    package init(_ command: [String], environment: [String: String] = [:], directory: URL? = nil) throws {
        self.command = command.joined(separator: " ")
        let own = ProcessInfo.processInfo.environment.filter { $0.key != "DEBUGINFOD_URLS" }
        let merged = own.merging(environment) { _, new in new }
        let prefix = directory.map { ["/usr/bin/env", "-C", $0.path] } ?? []
        let program = try SpawningThread.shared.spawn(
            prefix + command, environment: merged.map { "\($0)=\($1)" })
        pid = program.pid
        input = Mutex(program.input)
        output = OutputBuffer(reading: program.output)
        errors = OutputBuffer(reading: program.errors)
    }

    deinit { kill() }

    /// What it has written to standard output so far.
    package var standardOutput: Data { output.bytes }

    /// What it has written to standard error so far.
    package var standardError: Data { errors.bytes }

    /// The next line of standard output, without its end.
    ///
    /// Waits for it at most `limit` seconds; throws when the output ends before or the time is over.
    package func line(within limit: Double = 20) throws -> String {
        switch output.nextLine(within: limit) {
        case .line(let line): return line
        case .end: throw TestSupportError.ended(command: command, before: "the next line", output: transcript)
        case .late: throw TestSupportError.timedOut(command: command, waitingFor: "a line", output: transcript)
        }
    }

    /// Reads lines up to the first that `isWanted` accepts, and returns that one.
    @discardableResult
    package func line(within limit: Double = 20, where isWanted: (String) -> Bool) throws -> String {
        let deadline = ContinuousClock.now + .seconds(limit)
        while true {
            let next = try line(within: (deadline - .now) / .seconds(1))
            if isWanted(next) { return next }
        }
    }

    /// Writes to its standard input.
    package func write(_ bytes: Data) throws {
        try input.withLock { try $0?.write(contentsOf: bytes) }
    }

    /// Closes its standard input: it reads the end of the file.
    package func closeInput() {
        input.withLock { $0 = nil }
    }

    package func send(signal: Int32) {
        end.withLock { end in
            // A reaped PID may be another process's by now.
            if end == nil { _ = Glibc.kill(pid, signal) }
        }
    }

    /// Kills and reaps it, if it still runs.
    @discardableResult
    package func kill() -> ExitStatus {
        end.withLock { end in
            if let end { return end }
            _ = Glibc.kill(pid, SIGKILL)
            let status = reap(options: 0) ?? .signalled(SIGKILL)
            end = status
            return status
        }
    }

    /// Kills it and leaves a zombie, until `kill()`.
    package func killWithoutReaping() {
        end.withLock { end in
            guard end == nil else { return }
            _ = Glibc.kill(pid, SIGKILL)
            var information = unsafe siginfo_t()
            // Safe: the call fills the structure.
            unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT)
        }
    }

    /// Waits until it has ended by itself.
    package func exitStatus(within limit: Double = 20) throws -> ExitStatus {
        let deadline = ContinuousClock.now + .seconds(limit)
        while true {
            let status = end.withLock { end in
                end = end ?? reap(options: WNOHANG)
                return end
            }
            if let status { return status }
            guard ContinuousClock.now < deadline else {
                throw TestSupportError.timedOut(command: command, waitingFor: "its end", output: transcript)
            }
            usleep(2000)
        }
    }

    /// Waits until both of its outputs are closed, so that nothing it wrote is missed.
    package func waitForOutput(within limit: Double = 20) {
        output.waitForEnd(within: limit)
        errors.waitForEnd(within: limit)
    }

    private func reap(options: CInt) -> ExitStatus? {
        var status: CInt = 0
        while true {
            let reaped = unsafe waitpid(pid, &status, options)
            if reaped == pid { return ExitStatus(waitStatus: status) }
            if reaped == 0 || errno != EINTR { return nil }
        }
    }

    private var transcript: String {
        String(decoding: standardOutput.suffix(2000) + standardError.suffix(2000), as: UTF8.self)
    }
}
