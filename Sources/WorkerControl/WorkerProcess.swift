internal import CLinux
internal import Glibc
package import SystemSupport

/// A worker process, by a descriptor that never means another process (pidfd_open(2)).
package final class WorkerProcess: Sendable {
    package let id: Int32
    private let descriptor: OwnedDescriptor

    package init(id: Int32, descriptor: consuming OwnedDescriptor) {
        self.id = id
        self.descriptor = descriptor
    }

    /// Ends it, whatever it is at.
    package func kill() { _ = clinux_signal_process(descriptor.rawValue, SIGKILL) }
}
