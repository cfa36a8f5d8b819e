import Foundation

/// Everything that a pipe has given so far, with lines to be waited for.
///
/// `@unchecked Sendable`: all state is guarded by `condition`.
final class OutputBuffer: @unchecked Sendable {
    enum NextLine {
        case line(String)
        case end
        case late
    }

    private let condition = NSCondition()
    private var received = Data()
    private var consumed = 0
    private var isClosed = false

    /// Reads the pipe on a thread of its own until its last writer has closed it.
    init(reading pipe: FileHandle) {
        Thread.detachNewThread { self.read(pipe) }
    }

    var bytes: Data { condition.withLock { received } }

    func nextLine(within limit: Double) -> NextLine {
        let deadline = Date(timeIntervalSinceNow: limit)
        condition.lock()
        defer { condition.unlock() }
        while true {
            let rest = received[consumed...]
            if let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                consumed = newline + 1
                return .line(String(decoding: rest[..<newline], as: UTF8.self))
            }
            if isClosed { return .end }
            guard condition.wait(until: deadline) else { return .late }
        }
    }

    func waitForEnd(within limit: Double) {
        let deadline = Date(timeIntervalSinceNow: limit)
        condition.withLock {
            while !isClosed, condition.wait(until: deadline) {}
        }
    }

    private func read(_ pipe: FileHandle) {
        while true {
            let chunk = pipe.availableData
            condition.withLock {
                received.append(chunk)
                isClosed = chunk.isEmpty
                condition.broadcast()
            }
            if chunk.isEmpty { return }
        }
    }
}
