package import ProfileModel
internal import Synchronization

/// The object files that are open, each once, whichever processes map them.
package final class ObjectFileStore: Sendable {
    private enum Identity: Hashable {
        case file(FileStatus)
        case image([UInt8])
    }

    private struct State {
        var objects: [ObjectID: ObjectFile] = [:]
        var identities: [Identity: ObjectID] = [:]
        var lastID: UInt32 = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// A store of at most `limit` object files; each keeps a descriptor open.
    package init(limit: Int = 8192) { self.limit = limit }

    package func object(_ id: ObjectID) -> ObjectFile? { state.withLock { $0.objects[id] } }

    /// The object file behind an open descriptor, which the store keeps only if the file is new to it.
    ///
    /// A file that was changed or replaced is another object file.
    package func open(
        path: String, descriptor: consuming FileDescriptor, debugFiles: DebugFileSearch = .host
    ) throws(ObjectFileError) -> ObjectFile {
        let identity = Identity.file(try FileStatus(of: descriptor, path: path))
        if let known = known(identity) { return known }
        let id = try nextID()
        return keep(
            try ObjectFile(id: id, path: path, descriptor: descriptor, debugFiles: debugFiles), as: identity)
    }

    /// The object file with these bytes: a vDSO, which is the same in most processes.
    package func open(path: String, image: [UInt8]) throws(ObjectFileError) -> ObjectFile {
        let identity = Identity.image(image)
        if let known = known(identity) { return known }
        return keep(try ObjectFile(id: try nextID(), path: path, image: image), as: identity)
    }

    /// Forgets every object file that is not in `ids`; those still referred to stay usable.
    package func removeAll(except ids: Set<ObjectID>) {
        state.withLock { state in
            state.objects = state.objects.filter { ids.contains($0.key) }
            state.identities = state.identities.filter { ids.contains($0.value) }
        }
    }

    private func known(_ identity: Identity) -> ObjectFile? {
        state.withLock { state in state.identities[identity].flatMap { state.objects[$0] } }
    }

    private func nextID() throws(ObjectFileError) -> ObjectID {
        try state.withLock { (state) throws(ObjectFileError) -> ObjectID in
            guard state.objects.count < limit, state.lastID < .max else { throw .tooManyObjects(limit: limit) }
            state.lastID += 1
            return ObjectID(rawValue: state.lastID)
        }
    }

    /// Keeps `object`, unless another thread was first with the same file.
    private func keep(_ object: ObjectFile, as identity: Identity) -> ObjectFile {
        state.withLock { state in
            if let known = state.identities[identity].flatMap({ state.objects[$0] }) { return known }
            state.identities[identity] = object.id
            state.objects[object.id] = object
            return object
        }
    }
}
