internal import CLinux
internal import Glibc
internal import Synchronization

/// A kernel thread that runs one function.
///
/// ptrace needs a thread that stays the same, which neither tasks nor dispatch queues promise. A thread that nobody waits
/// for goes on when its owner goes.
package final class OwnedThread: Sendable {
    /// `nil` once it is waited for.
    private let handle: Mutex<pthread_t?>

    /// - Parameter name: what `/proc/PID/task/TID/comm` shows; the kernel keeps 15 bytes.
    /// - Throws: when the system has no more threads.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        var thread = pthread_t()
        // Safe: the new thread takes over the reference that is retained here; without a thread, it is released.
        let context = unsafe Unmanaged.passRetained(ThreadBody(name: name, run: body))
        let failure = unsafe pthread_create(&thread, nil, runThreadBody, context.toOpaque())
        guard failure == 0 else {
            unsafe context.release()
            throw SystemCallError(call: "pthread_create", errno: failure)
        }
        handle = Mutex(thread)
    }

    deinit { if let thread = handle.withLock({ $0 }) { pthread_detach(thread) } }

    /// Waits until the function has returned; a further call returns at once.
    package func join() {
        if let thread = handle.withLock({ $0.take() }) { pthread_join(thread, nil) }
    }
}

private final class ThreadBody {
    let name: String
    let run: () -> Void

    init(name: String, run: @escaping () -> Void) {
        self.name = name
        self.run = run
    }
}

private func runThreadBody(context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    // Safe: the creator passed a retained ThreadBody.
    let body = unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
    // Safe: the call only reads the name.
    unsafe clinux_name_thread(body.name)
    body.run()
    return nil
}
