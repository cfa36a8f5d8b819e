internal import Glibc
internal import ProfileModel

/// Hands events from the sampler's thread to the collector's, and holds a bounded number of bytes.
///
/// The sampler never waits: what doesn't fit is refused, and counted by the sampler.
@safe final class SampleEventQueue: @unchecked Sendable {
    // Safe to share: every access to the state holds the mutex.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let notEmpty: UnsafeMutablePointer<pthread_cond_t>
    private var waiting: [SampleEvent] = []
    private var waitingBytes = 0
    private var isClosed = false
    private let byteLimit: Int
    /// What an event needs beside its copied stack, about.
    private static let overhead = 512

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
        unsafe mutex = .allocate(capacity: 1)
        unsafe notEmpty = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(notEmpty, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(notEmpty)
        unsafe mutex.deallocate()
        unsafe notEmpty.deallocate()
    }

    /// Appends the samples that fit, in order, and all else; returns how many samples did not.
    func append(_ events: [SampleEvent]) -> Int {
        guard !events.isEmpty else { return 0 }
        // The reader would wait for the mutex at once, if it were woken before that is free.
        defer { _ = unsafe pthread_cond_signal(notEmpty) }
        return locked {
            var refused = 0
            for event in events {
                let size = Self.overhead + event.stackBytes
                if event.sampleCount > 0, waitingBytes + size > byteLimit {
                    refused += event.sampleCount
                } else {
                    waiting.append(event)
                    waitingBytes += size
                }
            }
            return refused
        }
    }

    /// Nothing will be appended any more.
    func close() {
        locked {
            isClosed = true
            _ = unsafe pthread_cond_signal(notEmpty)
        }
    }

    /// Waits for events and takes all that there are; `nil` once the queue is closed and empty.
    func takeAll() -> [SampleEvent]? {
        locked {
            while waiting.isEmpty, !isClosed { unsafe pthread_cond_wait(notEmpty, mutex) }
            guard !waiting.isEmpty else { return nil }
            defer {
                waiting = []
                waitingBytes = 0
            }
            return waiting
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }
}
