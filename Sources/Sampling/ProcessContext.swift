internal import CLinux
internal import ObjectFiles
internal import ProcFS
internal import ProfileModel
internal import Synchronization
internal import TargetProcess

/// What the sampler's thread and the collector's thread share of one process.
final class ProcessContext: Sendable {
    let process: ProcessID
    let directory: ProcessDirectory
    let memory: TargetMemory
    private let state = Mutex(State())

    private struct State {
        var map = AddressSpaceMap([])
        /// How much is copied of those stacks that were found to be deeper than the smallest window.
        var windows: [ThreadID: Int] = [:]
    }

    init(of process: ProcessID, in procfs: ProcFS) throws(ProcFSError) {
        self.process = process
        directory = try procfs.process(process)
        memory = TargetMemory(of: process)
    }

    /// The address space as last read.
    var map: AddressSpaceMap {
        get { state.withLock { $0.map } }
        set { state.withLock { $0.map = newValue } }
    }

    /// How much of a running thread's stack is copied at most, and where the mapping that holds it ends.
    func stackExtent(of thread: ThreadID, at stackPointer: Address) -> (limit: Int, top: Address?) {
        state.withLock { state in
            (
                state.windows[thread] ?? StackCopier.smallestWindow,
                state.map.end(ofMappingContaining: stackPointer)
            )
        }
    }

    /// Copies twice as much of a thread's stack from now on.
    func widenStackWindow(of thread: ThreadID) {
        state.withLock { state in
            let wider = (state.windows[thread] ?? StackCopier.smallestWindow) * 2
            state.windows[thread] = min(wider, StackCopier.largestWindow)
        }
    }
}
