internal import CLinux

/// A descriptor that is readable from the time on at which it is signalled, for threads that wait in poll(2) (eventfd(2)).
package final class EventDescriptor: Sendable {
    private let descriptor: OwnedDescriptor

    package init() throws(SystemCallError) {
        let flags = Int32(EFD_CLOEXEC | EFD_NONBLOCK)
        descriptor = OwnedDescriptor(owning: try retryingInterrupted("eventfd") { eventfd(0, flags) })
    }

    /// The number, for system calls made while this owner lives.
    package var rawValue: Int32 { descriptor.rawValue }

    package func signal() { _ = eventfd_write(rawValue, 1) }
}
