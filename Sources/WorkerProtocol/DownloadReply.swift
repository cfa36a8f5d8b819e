/// What the process that downloads debug files says; each request is the bytes of a build-id.
///
/// It speaks with servers, so that the tracer believes it no more than a target's own word.
package enum DownloadReply: Hashable, Sendable {
    /// It has restricted itself, and waits for requests; all files of its user are within its reach where the kernel has no
    /// Landlock, and the user has some.
    case ready(reachesUserFiles: Bool)
    /// It can't download anything, and has ended.
    case unavailable(Obstacle)
    /// How many bytes of the requested file have come, and of how many, where the server says that.
    case progress(received: UInt64, total: UInt64?)
    /// A server that is not asked any more, and the error with which it didn't answer.
    case lostServer(url: String, errno: Int32)
    /// The requested file, whose descriptor comes with the message.
    case found
    /// There is no file; `ENOENT` where servers have none of that build-id.
    case failed(errno: Int32)

    /// Why nothing can be downloaded.
    package enum Obstacle: Error, Hashable {
        /// libdebuginfod can't be loaded.
        case library(reason: String)
        /// The process couldn't restrict itself.
        case confinement(reason: String)
        /// The directory for downloaded files can't be used.
        case cache(path: String, errno: Int32)
    }

    /// How long a build-id can be that libdebuginfod asks for.
    package static let buildIDBytes = 1...63
    /// Bytes of a message.
    package static let limit = 1 << 15
    fileprivate static let textLimit = 1 << 13
}

extension DownloadReply {
    package var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .ready(let reachesUserFiles):
            writer.put(UInt8(0))
            writer.put(reachesUserFiles)
        case .unavailable(let obstacle):
            writer.put(UInt8(1))
            obstacle.write(to: &writer)
        case .progress(let received, let total):
            writer.put(UInt8(2))
            writer.put(received)
            writer.put(total != nil)
            writer.put(total ?? 0)
        case .lostServer(let url, let number):
            writer.put(UInt8(3))
            writer.put(Self.cut(url))
            writer.put(number)
        case .found: writer.put(UInt8(4))
        case .failed(let number):
            writer.put(UInt8(5))
            writer.put(number)
        }
        return writer.bytes
    }

    package init(parsing bytes: [UInt8]) throws(MessageError) {
        var reader = MessageReader(bytes)
        switch try reader.integer(UInt8.self) {
        case 0: self = .ready(reachesUserFiles: try reader.flag("user files"))
        case 1: self = .unavailable(try Obstacle(reading: &reader))
        case 2:
            let received = try reader.integer(UInt64.self)
            let hasTotal = try reader.flag("total")
            let total = try reader.integer(UInt64.self)
            self = .progress(received: received, total: hasTotal ? total : nil)
        case 3:
            self = .lostServer(url: try reader.text("url", limit: Self.textLimit), errno: try reader.integer())
        case 4: self = .found
        case 5: self = .failed(errno: try reader.integer())
        default: throw reader.invalid("download reply")
        }
        try reader.end()
    }

    /// Text as long as a message may have it.
    fileprivate static func cut(_ text: String) -> [UInt8] { Array(text.utf8.prefix(textLimit)) }
}

extension DownloadReply.Obstacle {
    fileprivate func write(to writer: inout MessageWriter) {
        switch self {
        case .library(let reason):
            writer.put(UInt8(0))
            writer.put(DownloadReply.cut(reason))
        case .confinement(let reason):
            writer.put(UInt8(1))
            writer.put(DownloadReply.cut(reason))
        case .cache(let path, let number):
            writer.put(UInt8(2))
            writer.put(DownloadReply.cut(path))
            writer.put(number)
        }
    }

    fileprivate init(reading reader: inout MessageReader) throws(MessageError) {
        let limit = DownloadReply.textLimit
        switch try reader.integer(UInt8.self) {
        case 0: self = .library(reason: try reader.text("reason", limit: limit))
        case 1: self = .confinement(reason: try reader.text("reason", limit: limit))
        case 2: self = .cache(path: try reader.text("path", limit: limit), errno: try reader.integer())
        default: throw reader.invalid("obstacle")
        }
    }
}
