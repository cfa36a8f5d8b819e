import Foundation
import ProfileModel
import StackWorker
import SystemSupport
import Testing

@testable import WorkerProtocol

/// What a worker says that it is at, while it reads what may end it.
@Suite struct WorkerActivityTests {
    private static let object = ObjectID(rawValue: 7)

    /// What a worker is at each time it asks for a file with debug information, while it names an address of a program
    /// without symbols.
    private func activities(after requests: [WorkerRequest] = []) throws -> [SharedArea.Activity] {
        let area = try #require(SharedArea(capacity: 4096))
        let (ours, theirs) = try MessageChannel.pair()
        Thread.detachNewThread {
            WorkerServer(channel: MessageChannel(OwnedDescriptor(owning: theirs)), area: area)
                .run(as: WorkerConfinement.unrestricted)
        }
        let channel = MessageChannel(OwnedDescriptor(owning: ours))
        _ = try channel.receive()
        let file = try FileHandle(forReadingFrom: URL(filePath: "/bin/ls"))
        let name = WorkerRequest.name([.object(Self.object, FileAddress(rawValue: 0x8000))])
        try channel.send(
            WorkerRequest.message([.object(Self.object, path: "/bin/ls")] + requests),
            descriptors: [file.fileDescriptor])
        try channel.send(WorkerRequest.message([name]))
        var activities: [SharedArea.Activity] = []
        while case .debugFile = try WorkerReply(parsing: channel.receive().bytes) {
            activities.append(area.activity)
            try channel.send(WorkerRequest.message([.debugFile(index: nil)]))
        }
        return activities
    }

    /// The worker asks for a file with debug information while it reads symbols, behind unwind tables of the same object.
    @Test func `The object whose symbols are read is named also after its tables were read`() throws {
        let activities = try activities()
        try #require(!activities.isEmpty)
        #expect(activities.allSatisfy { $0.object == Self.object })
    }

    @Test func `Debug information is named as what is read, until it is to be skipped`() throws {
        #expect(try activities().contains { $0.symbol == .debugInformation })
        let skipping = try activities(after: [.skipNames([.debugInformation(of: Self.object)])])
        #expect(!skipping.isEmpty && !skipping.contains { $0.symbol == .debugInformation })
    }
}
