internal import Glibc

/// A kernel thread that runs one function.
///
/// ptrace needs a thread that stays the same, which neither tasks nor dispatch queues promise.
@safe final class WorkerThread {
    private var handle = pthread_t()

    /// - Throws: when the system has no more threads.
    init(_ body: @escaping @Sendable () -> Void) throws(SamplingError) {
        // Safe: the new thread takes over the reference that is retained here; without a thread, it is released.
        let context = unsafe Unmanaged.passRetained(ThreadBody(run: body))
        let failure = unsafe pthread_create(&handle, nil, runThreadBody, context.toOpaque())
        guard failure == 0 else {
            unsafe context.release()
            throw .noThread(errno: failure)
        }
    }

    /// Waits until the function has returned.
    ///
    /// To be called once.
    func join() { pthread_join(handle, nil) }
}

private final class ThreadBody {
    let run: () -> Void

    init(run: @escaping () -> Void) { self.run = run }
}

private func runThreadBody(context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Safe: the creator passed a retained ThreadBody.
    if let context = unsafe context { unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}
