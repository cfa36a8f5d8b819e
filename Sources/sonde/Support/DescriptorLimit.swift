import CLinux
import Glibc
import ProfileModel

/// How many files Sonde may have open: it keeps up to four for each thread of its targets.
///
/// Most sessions set the soft limit to 1024, for programs that use select(2), and a hard limit of far more.
struct DescriptorLimit {
    private let original: rlimit

    /// The limit that Sonde was started with; `nil` where it can't be read.
    static let inherited: DescriptorLimit? = {
        var limit = rlimit()
        // Safe: the structure outlives the call.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return DescriptorLimit(original: limit)
    }()

    /// Raises Sonde's own soft limit to the hard one; a refusal leaves it as it is.
    func raise() { _ = clinux_set_descriptor_limit(getpid(), original.rlim_max, original.rlim_max) }

    /// Gives a process that Sonde has started what it would have without Sonde.
    func restore(in process: ProcessID) {
        _ = clinux_set_descriptor_limit(process.rawValue, original.rlim_cur, original.rlim_max)
    }
}
