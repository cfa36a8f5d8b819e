internal import Glibc
internal import SystemSupport

/// How many threads' files one sampler may keep open, of all its processes together.
///
/// Half of the limit is left to all else that takes descriptors: processes, object files, events and the worker. Where a
/// sampler reads sleeping threads beside one that has events, each has such an allowance for itself.
///
/// Belongs to the sampler's thread.
final class DescriptorAllowance {
    /// Of a thread: its directory, and up to three of `stat`, `schedstat`, `sched` and `syscall` as a rule.
    private static let descriptorsOfThread: UInt64 = 4

    private let descriptors: UInt64
    private var threads: Int

    /// - Parameter limit: how many files Sonde may have open; `nil` without a limit.
    init(limit: UInt64?) {
        descriptors = (limit ?? .max) / 2
        threads = Int(clamping: descriptors / Self.descriptorsOfThread)
    }

    /// Whether the files of so many threads can be kept.
    func suffices(forThreads count: Int) -> Bool { count <= threads }

    /// Whether so many events can be open in place of files of threads.
    func suffices(forEvents count: Int) -> Bool { UInt64(clamping: count) <= descriptors }

    /// How many descriptors it takes to have events on so many threads, on each CPU, and all else.
    static func need(ofEventsOn threads: Int) -> Int {
        let others = 256
        return threads * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) + others
    }

    /// Without files that are kept.
    static var nothing: DescriptorAllowance { DescriptorAllowance(limit: 0) }

    /// By the limit of this process; by the one that is usual for programs where it can't be read.
    static var ofThisProcess: DescriptorAllowance {
        let usual: UInt64 = 1024
        do { return DescriptorAllowance(limit: try ResourceLimit(of: RLIMIT_NOFILE).soft) } catch {
            return DescriptorAllowance(limit: usual)
        }
    }

    /// Whether the files of one more thread may be kept.
    func take() -> Bool {
        guard threads > 0 else { return false }
        threads -= 1
        return true
    }

    /// Notes that the files of a thread are kept no more.
    func giveBack() { threads += 1 }
}
