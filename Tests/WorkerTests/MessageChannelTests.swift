import Foundation
import ProcFS
import ProfileModel
import SystemSupport
import TestSupport
import Testing

@testable import WorkerProtocol

/// The socket between tracer and worker.
@Suite struct MessageChannelTests {
    @Test func `A message larger than the socket's buffer arrives whole, with its descriptors`() throws {
        let (ours, theirs) = try MessageChannel.pair()
        let reader = MessageChannel(OwnedDescriptor(owning: theirs))
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let sender = Thread {
            let channel = MessageChannel(OwnedDescriptor(owning: ours))
            try? channel.send(bytes, descriptors: [STDIN_FILENO, STDOUT_FILENO])
        }
        sender.start()
        var message = try reader.receive()
        #expect(message.bytes == bytes)
        let first = message.takeDescriptor()?.rawValue
        let second = message.takeDescriptor()?.rawValue
        let third = message.takeDescriptor()?.rawValue
        #expect(first != nil && second != nil && third == nil)
        #expect(throws: MessageChannel.Failure.closed) { _ = try reader.receive() }
    }

    @Test func `A message that claims more than is accepted is refused`() throws {
        let (first, second) = try MessageChannel.pair()
        let reader = MessageChannel(OwnedDescriptor(owning: second))
        let writer = OwnedDescriptor(owning: first)
        var length = UInt32.max
        let count = unsafe write(writer.rawValue, &length, 4)
        #expect(count == 4)
        #expect(throws: MessageChannel.Failure.tooLong(UInt64(UInt32.max))) { _ = try reader.receive() }
    }

    @Test func `A message that comes byte by byte is not waited for without end`() throws {
        let (first, second) = try MessageChannel.pair()
        let reader = MessageChannel(OwnedDescriptor(owning: second))
        Thread.detachNewThread {
            let writer = OwnedDescriptor(owning: first)
            var length = UInt32(MessageLimits.message)
            // Safe: the word outlives the call.
            guard unsafe send(writer.rawValue, &length, 4, Int32(MSG_NOSIGNAL)) == 4 else { return }
            var byte: UInt8 = 0
            // Safe: the byte outlives the call.
            while unsafe send(writer.rawValue, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 {}
        }
        #expect(throws: MessageChannel.Failure.abandoned) { _ = try reader.receive { false } }
    }

    @Test func `Who must not wait any longer does not`() throws {
        let (first, second) = try MessageChannel.pair()
        let reader = MessageChannel(OwnedDescriptor(owning: second))
        let writer = OwnedDescriptor(owning: first)
        var polls = 0
        #expect(throws: MessageChannel.Failure.abandoned) {
            _ = try reader.receive {
                polls += 1
                return polls < 3
            }
        }
        #expect(polls == 3)
        let isOpen = writer.rawValue >= 0
        #expect(isOpen)
    }
}

/// What a worker is at, in memory that it may write anything to.
@Suite struct SharedAreaTests {
    @Test func `The activity is what was set last`() throws {
        let area = try #require(SharedArea(capacity: 4096))
        #expect(area.activity == .idle)
        var activity = SharedArea.Activity(phase: .name, index: 70_000, object: ObjectID(rawValue: 3))
        area.activity = activity
        #expect(area.activity == activity)
        activity.symbol = FileAddress(rawValue: 0)
        let count = area.activityCount
        area.activity = activity
        #expect(area.activity == activity && area.activityCount != count)
    }

    @Test func `Bytes come back from where they were put, and from nowhere else`() throws {
        let area = try #require(SharedArea(capacity: 4096))
        area.write([1, 2, 3], at: 4093)
        #expect(area.bytes(at: 4093, count: 3) == [1, 2, 3])
        #expect(area.bytes(at: 4093, count: 4) == nil)
        #expect(area.bytes(at: .max, count: .max) == nil)
    }
}
