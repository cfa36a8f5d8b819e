package import PerfEvents
package import ProcFS
package import ProfileModel
package import SystemSupport

/// Why sampling could not begin.
package enum SamplingError: Error, Sendable {
    case process(ProcessID, ProcFSError)
    case noThread(SystemCallError)
    case outOfMemory
    /// Events were needed, for that reason, and refused.
    case perfEvents(PerfEventError, SamplerReport.Reason)
}

extension SamplingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .process(let process, let error): "process \(process): \(error)"
        case .noThread(let error): "no thread for sampling: \(error); raise the limit (ulimit -u)"
        case .outOfMemory: "out of memory"
        case .perfEvents(let error, _): "perf_event_open: \(error)"
        }
    }
}
