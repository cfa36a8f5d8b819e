import Confinement
import FoundationEssentials
import Glibc
import StackWorker
import SystemSupport
import WorkerControl
import WorkerProtocol

/// Work on files that nobody vouches for, in a process without privileges: it gets them open, and gives back bytes.
///
/// The process can neither open a file nor start a program. It ends with the work.
struct ConfinedTask: Sendable {
    /// Why the work has no result, for a person.
    struct Refusal: Error {
        let message: String
    }

    /// Given the content of each file and the request.
    typealias Body<Request> = @Sendable ([[UInt8]], Request) throws(Refusal) -> [UInt8]

    private let template: WorkerTemplate

    /// A profile of some millions of samples takes several hundred megabytes as text.
    private static let addressSpaceBytes: UInt64 = 8 << 30
    private static let fileLimit = 1 << 30
    private static let chunkSize = 1 << 20

    /// Starts the process from which the work's is forked; to be called first, while there is one thread.
    init<Request: Codable & SendableMetatype>(_ body: @escaping Body<Request>) throws(CommandFailure) {
        let program = WorkerTemplate.Program(
            confineTemplate: {
                try WorkerConfinement.restrictTemplate(keeping: $0, addressSpaceBytes: Self.addressSpaceBytes)
            },
            serve: { channel, _ in Self.serve(channel, body) })
        do throws(WorkerLaunchError) {
            template = try WorkerTemplate(program, areaCapacity: 0)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    // MARK: - Sonde's side

    /// Waits for the result.
    ///
    /// - Parameter files: those that the work is about, open for reading; their owner stays the caller.
    func result(of request: some Encodable, files: [Int32]) throws(CommandFailure) -> [UInt8] {
        do {
            let worker = try template.launch()
            defer { worker.process?.kill() }
            try worker.channel.send(Array(JSONEncoder().encode(request)), descriptors: files)
            return try Self.receive(from: worker.channel)
        } catch let error as CommandFailure {
            throw error
        } catch let error as Refusal {
            // What the process says is no more trusted than what it has read.
            let lines = error.message.split(separator: "\n").prefix(20).map { printable($0, limit: 1_000) }
            throw CommandFailure(lines.joined(separator: "\n"))
        } catch MessageChannel.Failure.abandoned {
            throw CommandFailure("interrupted before there was a result", exitCode: 130)
        } catch MessageChannel.Failure.closed {
            throw CommandFailure(
                "the process that reads the file ended without a result: the file is larger than its memory, or damaged"
            )
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private static func receive(from channel: borrowing MessageChannel) throws -> [UInt8] {
        var result: [UInt8] = []
        while true {
            let reply = try channel.receive(limit: chunkSize + 1, mayWait: { !InterruptSignals.isRequested }).bytes
            switch reply.first.flatMap(Reply.init(rawValue:)) {
            case .part:
                result += reply.dropFirst()
                guard result.count <= fileLimit else { throw Refusal(message: "the result is too large") }
            case .end: return result
            case .refusal: throw Refusal(message: String(decoding: reply.dropFirst(), as: UTF8.self))
            case nil: throw MessageChannel.Failure.closed
            }
        }
    }

    /// What the first byte of a reply says of the rest.
    private enum Reply: UInt8 {
        case part, end, refusal
    }

    // MARK: - The other process's side

    private static func serve<Request: Codable & SendableMetatype>(
        _ channel: consuming MessageChannel, _ body: @escaping Body<Request>
    ) {
        do {
            _ = try WorkerConfinement.restrictWorker()
            var message = try channel.receive()
            let request = try JSONDecoder().decode(Request.self, from: Data(message.bytes))
            var files: [[UInt8]] = []
            while let descriptor = message.takeDescriptor() { files.append(try content(of: descriptor)) }
            let result = try body(files, request)
            for start in stride(from: 0, to: result.count, by: chunkSize) {
                try channel.send([Reply.part.rawValue] + result[start..<min(start + chunkSize, result.count)])
            }
            try channel.send([Reply.end.rawValue])
        } catch {
            let refusal = error as? Refusal ?? Refusal(message: "\(error)")
            // Without a reader, nobody is left to be informed.
            try? channel.send([Reply.refusal.rawValue] + Array(refusal.message.utf8.prefix(chunkSize)))
        }
    }

    private static func content(of file: borrowing OwnedDescriptor) throws -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunkSize)
        while true {
            let count = unsafe try buffer.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
            guard count > 0 else { return content }
            content += buffer[..<count]
            guard content.count <= fileLimit else {
                throw Refusal(message: "the file is larger than \(NumberText.bytes(UInt64(fileLimit)))")
            }
        }
    }
}
