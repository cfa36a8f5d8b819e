internal import ObjectFiles
internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import WorkerProtocol

/// The object files that the tracer has handed over, each read when it is first asked for.
///
/// Belongs to the worker's one thread.
final class ObjectTable {
    private enum Entry: ~Copyable {
        case file(path: String, OwnedDescriptor)
        case image(path: String, [UInt8])
    }

    private final class Pending {
        var entry: Entry?

        init(_ entry: consuming Entry) { self.entry = consume entry }
    }

    private var pending: [ObjectID: Pending] = [:]
    private var objects: [ObjectID: ObjectFile] = [:]
    private var paths: [ObjectID: String] = [:]
    private let debugFiles: any DebugFileSource
    private let area: SharedArea
    /// What reading all of them may cost.
    let budget = ParsingBudget()

    init(debugFiles: any DebugFileSource, area: SharedArea) {
        self.debugFiles = debugFiles
        self.area = area
    }

    func add(_ id: ObjectID, path: String, _ descriptor: consuming OwnedDescriptor) {
        pending[id] = Pending(.file(path: path, descriptor))
        paths[id] = path
    }

    func add(_ id: ObjectID, path: String, image: [UInt8]) {
        pending[id] = Pending(.image(path: path, image))
        paths[id] = path
    }

    /// The path by which a target has a file mapped, whether it can be read or not.
    func path(of id: ObjectID) -> String? { paths[id] }

    /// Closes object files; a map that still has one keeps it until it is discarded as well.
    func discard(_ discarded: [ObjectID]) {
        for object in discarded { (pending[object], objects[object], paths[object]) = (nil, nil, nil) }
    }

    /// `nil` where the file was never handed over, or isn't one that can be read.
    func object(_ id: ObjectID) -> ObjectFile? {
        if let known = objects[id] { return known }
        guard let entry = pending.removeValue(forKey: id)?.entry.take() else { return nil }
        let before = area.activity
        area.activity.object = id
        defer { area.activity = before }
        let object = open(id, entry)
        objects[id] = object
        return object
    }

    private func open(_ id: ObjectID, _ entry: consuming Entry) -> ObjectFile? {
        switch consume entry {
        case .file(let path, let descriptor):
            return try? ObjectFile(id: id, path: path, descriptor: descriptor, debugFiles: debugFiles, budget: budget)
        case .image(let path, let bytes): return try? ObjectFile(id: id, path: path, image: bytes, budget: budget)
        }
    }
}

/// Asks the tracer for debug files.
final class RemoteDebugFiles: DebugFileSource {
    private let connection: WorkerConnection
    let hasServers: Bool

    init(_ connection: WorkerConnection, hasServers: Bool) {
        self.connection = connection
        self.hasServers = hasServers
    }

    func candidate(from index: Int, for query: DebugFileQuery, of object: ObjectID) -> DebugFileCandidate? {
        guard query.canBeAsked,
            (try? connection.channel.send(WorkerReply.debugFile(object, query, index: UInt32(index)).bytes)) != nil,
            var message = try? connection.channel.receive(),
            case .debugFile(let found?)? = try? WorkerRequest.requests(parsing: message.bytes).first,
            let descriptor = message.takeDescriptor()
        else { return nil }
        return DebugFileCandidate(index: Int(found), file: descriptor)
    }
}

/// The worker's end of the channel.
final class WorkerConnection: Sendable {
    let channel: MessageChannel

    init(_ channel: consuming MessageChannel) { self.channel = channel }
}
