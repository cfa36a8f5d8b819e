package import ProcFS
package import ProfileModel

/// Why sampling could not begin.
package enum SamplingError: Error, Sendable {
    case process(ProcessID, ProcFSError)
    case noThread(errno: Int32)
    case outOfMemory
}

extension SamplingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .process(let process, let error): "process \(process): \(error)"
        case .noThread(let number): "no thread for sampling: \(errorText(number)); raise the limit (ulimit -u)"
        case .outOfMemory: "out of memory"
        }
    }
}
