internal import CLinux
internal import Glibc
package import SystemSupport

/// One end of the socket between tracer and worker: messages with descriptors.
///
/// A message is its length as a little-endian 32-bit word, and that many bytes; descriptors (SCM_RIGHTS, unix(7)) come
/// with the first of them. Belongs to one thread at a time.
package struct MessageChannel: ~Copyable, Sendable {
    package let socket: OwnedDescriptor

    package init(_ socket: consuming OwnedDescriptor) { self.socket = socket }

    /// How many descriptors a message can carry.
    package static let descriptorLimit = Int(CLINUX_MESSAGE_DESCRIPTORS)

    /// A received message.
    package struct Message: ~Copyable {
        package fileprivate(set) var bytes: [UInt8]
        fileprivate var numbers: [Int32] = []

        fileprivate init(size: Int) { bytes = [UInt8](repeating: 0, count: size) }

        deinit { for number in numbers { close(number) } }

        /// Gives out the descriptors that came with it, the first one first, each once.
        package mutating func takeDescriptor() -> OwnedDescriptor? {
            numbers.isEmpty ? nil : OwnedDescriptor(owning: numbers.removeFirst())
        }
    }

    /// Why there is no message.
    package enum Failure: Error, Equatable, Sendable {
        /// The peer has ended.
        case closed
        case system(errno: Int32)
        case tooLong(UInt64)
        /// `mayWait` said no.
        case abandoned
    }

    /// How long a wait lasts before `mayWait` is asked.
    package static let pollMilliseconds: Int32 = 10

    /// The numbers of two connected sockets, which the caller has to own.
    package static func pair() throws(Failure) -> (first: Int32, second: Int32) {
        var numbers: [Int32] = [-1, -1]
        // Safe: the call writes two numbers.
        let result = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &numbers)
        guard result == 0 else { throw .system(errno: errno) }
        return (numbers[0], numbers[1])
    }

    /// Sends a message.
    ///
    /// - Parameters:
    ///   - descriptors: go with it; their owner stays the caller.
    ///   - mayWait: asked while the peer reads nothing; `false` ends the wait, after which the channel is of no more use.
    package func send(
        _ bytes: [UInt8], descriptors: [Int32] = [], mayWait: () -> Bool = { true }
    ) throws(Failure) {
        guard bytes.count <= MessageLimits.message else { throw .tooLong(UInt64(bytes.count)) }
        let message = unsafe withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { unsafe Array($0) } + bytes
        var sent = 0
        while sent < message.count {
            let count = unsafe message[sent...].withUnsafeBytes { rest in
                // Safe: the kernel reads `rest.count` bytes and as many descriptors as there are.
                unsafe clinux_send(
                    socket.rawValue, rest.baseAddress, rest.count, descriptors, sent == 0 ? descriptors.count : 0)
            }
            try check(count)
            sent += max(0, count)
            if count == -Int(EAGAIN) { try wait(for: Int16(POLLOUT), mayWait) }
        }
    }

    /// Waits for a message.
    ///
    /// - Parameters:
    ///   - limit: of its bytes.
    ///   - mayWait: asked while there is none; `nil` waits as long as it takes.
    package func receive(
        limit: Int = MessageLimits.message, mayWait: (() -> Bool)? = nil
    ) throws(Failure) -> Message {
        var message = Message(size: 0)
        try fill(&message, to: 4, mayWait)
        let length = message.bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(limit) else { throw .tooLong(length) }
        try fill(&message, to: Int(length), mayWait)
        return message
    }

    /// Replaces the message's bytes by the next `size` ones.
    private func fill(_ message: inout Message, to size: Int, _ mayWait: (() -> Bool)?) throws(Failure) {
        message.bytes = [UInt8](repeating: 0, count: min(size, Self.growth))
        var filled = 0
        while filled < size {
            if filled == message.bytes.count {
                // A length that is only claimed must not take memory.
                message.bytes += [UInt8](repeating: 0, count: min(size - filled, filled))
            }
            var numbers = [Int32](repeating: -1, count: Self.descriptorLimit)
            var numberCount = 0
            let count = unsafe message.bytes.withUnsafeMutableBytes { memory in
                // Safe: the kernel writes at most what is left of the buffer, and as many descriptors as there is room for.
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[filled...])
                return unsafe clinux_receive(
                    socket.rawValue, rest.baseAddress, rest.count, &numbers, &numberCount, mayWait == nil ? 1 : 0)
            }
            message.numbers += numbers[..<numberCount]
            guard count != 0 else { throw .closed }
            try check(count)
            filled += max(0, count)
            if count == -Int(EAGAIN), let mayWait {
                // A peer that sends byte by byte is never silent.
                guard filled == 0 || mayWait() else { throw .abandoned }
                try wait(for: Int16(POLLIN), mayWait)
            }
        }
    }

    private func check(_ count: Int) throws(Failure) {
        guard count < 0 else { return }
        switch Int32(-count) {
        case EINTR, EAGAIN: return
        case EPIPE, ECONNRESET: throw .closed
        case let number: throw .system(errno: number)
        }
    }

    private func wait(for events: Int16, _ mayWait: () -> Bool) throws(Failure) {
        while true {
            var entry = pollfd(fd: socket.rawValue, events: events, revents: 0)
            // Safe: the call accesses one entry.
            let count = unsafe poll(&entry, 1, Self.pollMilliseconds)
            if count > 0 { return }
            if count < 0, errno != EINTR { throw .system(errno: errno) }
            guard mayWait() else { throw .abandoned }
        }
    }

    private static let growth = 1 << 20
}
