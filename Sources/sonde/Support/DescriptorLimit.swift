import CLinux
import Glibc
import ProfileModel
import SystemSupport

/// How many files Sonde may have open: it keeps up to four for each thread of its targets, of half as many as it may.
///
/// Most sessions set the soft limit to 1024, for programs that use select(2), and a hard limit of far more.
struct DescriptorLimit {
    private let soft: UInt64
    private let hard: UInt64

    /// The limit that Sonde was started with; `nil` where it can't be read.
    static let inherited = (try? ResourceLimit(of: RLIMIT_NOFILE)).map(DescriptorLimit.init)

    private init(_ limit: ResourceLimit) {
        soft = limit.soft ?? UInt64(rlim_t.max)
        hard = limit.hard ?? UInt64(rlim_t.max)
    }

    /// How many files Sonde may have open now.
    static var text: String {
        guard let limit = try? ResourceLimit(of: RLIMIT_NOFILE).soft else { return "so many open files" }
        return NumberText.count(limit, "open file")
    }

    /// What to do where that is too few.
    static let remedy = "raise the limit (ulimit -Hn; systemd: LimitNOFILE)"

    /// Raises Sonde's own soft limit to the hard one; a refusal leaves it as it is.
    func raise() { _ = clinux_set_descriptor_limit(getpid(), UInt(hard), UInt(hard)) }

    /// Gives a process that Sonde has started what it would have without Sonde.
    func restore(in process: ProcessID) {
        _ = clinux_set_descriptor_limit(process.rawValue, UInt(soft), UInt(hard))
    }
}
