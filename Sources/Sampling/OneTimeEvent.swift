internal import Glibc

/// Lets threads wait for something that happens once.
@safe final class OneTimeEvent: @unchecked Sendable {
    // Safe to share: POSIX semaphores are made for it.
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        unsafe semaphore = .allocate(capacity: 1)
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    func signal() { unsafe sem_post(semaphore) }

    /// Whether it has happened within so many milliseconds.
    func wait(milliseconds: Int) -> Bool {
        for _ in 0..<milliseconds {
            if unsafe sem_trywait(semaphore) == 0 {
                unsafe sem_post(semaphore)
                return true
            }
            usleep(1_000)
        }
        return false
    }

    func wait() {
        while unsafe sem_wait(semaphore) != 0 {}
        unsafe sem_post(semaphore)
    }
}
