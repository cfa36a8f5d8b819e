internal import ProcFS

/// Tells from whom the sampler took its CPU when it woke up.
///
/// Whoever had it then was on it when the sampler's time had come: it may have been in a system call, which many kernels
/// (`preempt=none`, the default of servers) don't interrupt for another thread. It went on to the call's end, or until it
/// slept. The scheduler notes the end of the one and the beginning of the other by one reading of the CPU's clock; nobody
/// else shows the same time, also not a thread that was woken up since.
///
/// Belongs to the sampler's thread.
final class CPUTakeover {
    private var own: ThreadFiles?
    private var buffer: [UInt8] = []
    /// The CPU and the time of the last one.
    private var last: (processor: UInt32, time: UInt64)?
    private var isRead = false

    /// - Parameter procfs: shows the calling thread, which is the sampler's.
    init(procfs: ProcFS) { own = try? procfs.ownThread() }

    /// Begins with a new one, for the sampler has just woken up.
    func begin() { isRead = false }

    /// Whether the thread, as it was seen since, had the CPU before; `nil` when it was on another one, or that isn't shown.
    func wasFrom(_ entry: ThreadTracker.Entry) -> Bool? {
        guard entry.processor == SamplerPriority.currentProcessor else { return nil }
        if !isRead { read() }
        guard let last, last.processor == entry.processor, let theirs = try? entry.sched(using: &buffer) else {
            return nil
        }
        return theirs.updatedAt == last.time
    }

    private func read() {
        isRead = true
        last = nil
        guard own != nil, let processor = SamplerPriority.currentProcessor else { return }
        do {
            last = try (own?.sched(using: &buffer).updatedAt).map { (processor, $0) }
        } catch {
            own = nil
        }
    }
}
