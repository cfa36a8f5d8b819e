import Glibc

/// What a new thread is handed.
private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

/// Starts a detached thread under a name of at most 15 bytes.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    var thread = pthread_t()
    let start = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body))
    // Safe: the new thread takes over the reference, and nobody else does unless there is no new thread.
    let status = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
            nameThisThread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
    guard status == 0 else {
        unsafe start.release()
        throw SystemError("pthread_create", number: status)
    }
    pthread_detach(thread)
}

/// Swift can't import `pthread_setname_np`, which glibc declares for `_GNU_SOURCE` only; this is what it does.
private func nameThisThread(_ name: String) {
    let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file != -1 else { return }
    writeAll(name, to: file)
    close(file)
}
