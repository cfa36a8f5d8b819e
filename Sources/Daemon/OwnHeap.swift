internal import CLinux

/// The C library's heap of this process, from which Swift allocates.
package enum OwnHeap {
    /// Each arena keeps what its threads used at their peaks; two do for threads that mostly wait.
    ///
    /// To be called before threads are started.
    package static func limitArenas() { clinux_limit_arenas(2) }

    /// What looks and requests used at their peaks goes back to the system.
    package static func trim() { clinux_trim_heap() }
}
