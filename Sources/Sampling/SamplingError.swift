package import PerfEvents
package import ProcFS
package import ProfileModel

/// Why sampling could not begin.
package enum SamplingError: Error, Sendable {
    case process(ProcessID, ProcFSError)
    case noThread(errno: Int32)
    case outOfMemory
    /// Events were needed, for that reason, and refused.
    case perfEvents(PerfEventError, SamplerReport.Reason)
}

extension SamplingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .process(let process, let error): "process \(process): \(error)"
        case .noThread(let number): "no thread for sampling: \(errorText(number)); raise the limit (ulimit -u)"
        case .outOfMemory: "out of memory"
        case .perfEvents(let error, _): "perf_event_open: \(error)"
        }
    }
}
