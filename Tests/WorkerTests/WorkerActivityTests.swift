import Foundation
import ProfileModel
import StackWorker
import SystemSupport
import Testing

@testable import WorkerProtocol

/// What a worker says that it is at, while it reads what may end it.
@Suite struct WorkerActivityTests {
    /// The worker asks for a file with debug information while it reads symbols, behind unwind tables of the same object.
    @Test func `The object whose symbols are read is named also after its tables were read`() throws {
        let area = try #require(SharedArea(capacity: 4096))
        let (ours, theirs) = try MessageChannel.pair()
        Thread.detachNewThread {
            WorkerServer(channel: MessageChannel(OwnedDescriptor(owning: theirs)), area: area)
                .run(as: WorkerConfinement.unrestricted)
        }
        let channel = MessageChannel(OwnedDescriptor(owning: ours))
        _ = try channel.receive()
        let id = ObjectID(rawValue: 7)
        let file = try FileHandle(forReadingFrom: URL(filePath: "/bin/ls"))
        try channel.send(
            WorkerRequest.message([.object(id, path: "/bin/ls")]), descriptors: [file.fileDescriptor])
        try channel.send(WorkerRequest.message([.name([.object(id, FileAddress(rawValue: 0x8000))])]))
        var objects: [ObjectID?] = []
        while case .debugFile = try WorkerReply(parsing: channel.receive().bytes) {
            objects.append(area.activity.object)
            try channel.send(WorkerRequest.message([.debugFile(index: nil)]))
        }
        try #require(!objects.isEmpty)
        #expect(objects.allSatisfy { $0 == id })
    }
}
