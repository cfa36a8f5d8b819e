/// Why a program that a test needs could not be used.
package enum TestSupportError: Error, CustomStringConvertible {
    case notBuilt(path: String)
    case cannotStart(command: String, errno: Int32, reason: String)
    /// It ended, or closed its output, before it said what was waited for.
    case ended(command: String, before: String, output: String)
    case timedOut(command: String, waitingFor: String, output: String)
    case failed(command: String, status: ExitStatus, output: String)

    package var description: String {
        switch self {
        case .notBuilt(let path): "\(path) is not there: run tools/build-test-programs"
        case .cannotStart(let command, let errno, let reason): "\(command): \(reason) (errno \(errno))"
        case .ended(let command, let before, let output): "\(command) ended before \(before); it said: \(output)"
        case .timedOut(let command, let what, let output):
            "\(command): waited too long for \(what); it said: \(output)"
        case .failed(let command, let status, let output): "\(command): \(status); it said: \(output)"
        }
    }
}

/// How a process ended.
package enum ExitStatus: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)

    /// From what `waitpid` stores.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xFF) : .signalled(signal)
    }
}
