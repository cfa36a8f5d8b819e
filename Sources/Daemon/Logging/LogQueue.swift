internal import Dispatch
internal import Glibc
internal import Synchronization

/// Lines that are written to a descriptor on a thread of its own: logging never waits for the reader.
///
/// When too many are pending, further lines are dropped until those are written, and a note says how many they were.
final class LogQueue: Sendable {
    /// The line that says how many were dropped.
    typealias Note = @Sendable (UInt64) -> [UInt8]

    private struct Contents {
        var pending: [[UInt8]] = []
        /// Of the pending lines, and of those that are being written.
        var bytes = 0
        var dropped: (count: UInt64, note: Note)?
        var isWriting = false
    }

    private let descriptor: Int32
    private let limit: Int
    private let contents = Mutex(Contents())
    private let thread = DispatchQueue(label: "sonde.log")

    /// - Parameter limit: bytes that may wait.
    init(descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
    }

    func add(_ line: [UInt8], note: @escaping Note) {
        let isWriting = contents.withLock { contents in
            guard contents.dropped == nil, contents.bytes + line.count <= limit else {
                contents.dropped = ((contents.dropped?.count ?? 0) + 1, note)
                return true
            }
            contents.pending.append(line)
            contents.bytes += line.count
            defer { contents.isWriting = true }
            return contents.isWriting
        }
        if !isWriting { thread.async { self.write() } }
    }

    /// Waits until all is written, but no longer than so many seconds; returns whether it was.
    @discardableResult
    func flush(within seconds: Double) -> Bool {
        let done = DispatchSemaphore(value: 0)
        thread.async { done.signal() }
        return done.wait(timeout: .now() + seconds) == .success
    }

    private func write() {
        while let lines = next() {
            for line in lines {
                put(line)
                contents.withLock { $0.bytes -= line.count }
            }
        }
    }

    /// What is to be written next; `nil` when nothing is left.
    private func next() -> [[UInt8]]? {
        contents.withLock { contents in
            if contents.pending.isEmpty, let (count, note) = contents.dropped {
                let line = note(count)
                contents.dropped = nil
                contents.bytes += line.count
                return [line]
            }
            contents.isWriting = !contents.pending.isEmpty
            guard contents.isWriting else { return nil }
            defer { contents.pending = [] }
            return contents.pending
        }
    }

    private func put(_ line: [UInt8]) {
        var written = 0
        while written < line.count {
            let count = unsafe line.withUnsafeBytes { buffer in
                // Safe: the range lies inside of the buffer.
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                waitForRoom()
                continue
            }
            // The log has no other place to go.
            guard count > 0 else { return }
            written += count
        }
    }

    /// Another process that shares the descriptor may have made it non-blocking.
    private func waitForRoom() {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe poll(&request, 1, -1)
    }
}
