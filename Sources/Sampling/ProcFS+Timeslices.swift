internal import ProcFS

extension ProcFS {
    /// Whether `schedstat` counts time slices.
    ///
    /// Kernels without scheduler statistics show zeros for every thread, also for the one that asks and so must run.
    var kernelCountsTimeslices: Bool {
        guard let bytes = try? bytes(of: "self/schedstat"), let own = try? Schedstat(parsing: bytes) else {
            return false
        }
        return own.timeslices > 0
    }
}
