import ArgumentParser
import Sampling

/// What `--sampler` takes.
enum SamplerChoice: String, ExpressibleByArgument, CaseIterable {
    case auto
    case ptrace
    case perf

    /// `nil` to let the session choose.
    var kind: SamplerKind? {
        switch self {
        case .auto: nil
        case .ptrace: .ptrace
        case .perf: .perf
        }
    }
}
