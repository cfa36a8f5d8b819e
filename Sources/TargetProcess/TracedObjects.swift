internal import ProcFS
package import ProfileModel
internal import Synchronization
package import SystemSupport

/// The object files that targets have mapped, by number: opened, never read, to be handed to a worker.
///
/// The same file has the same number in every process that maps it; one that was changed or replaced is another.
package final class TracedObjects: Sendable {
    /// What a worker is given of an object file.
    package enum Source: ~Copyable, Sendable {
        case file(OwnedDescriptor)
        case image([UInt8])
        case perfMap(OwnedDescriptor)
    }

    /// An open file, and where its separate debug file may be.
    package final class Entry: Sendable {
        package let path: String
        package let source: Source
        package let debugFiles: DebugFileDirectories?

        fileprivate init(path: String, source: consuming Source, debugFiles: DebugFileDirectories?) {
            self.path = path
            self.source = source
            self.debugFiles = debugFiles
        }
    }

    private enum Identity: Hashable {
        case file(FileStatus.Version)
        case image([UInt8])
        case unreadable(FileIdentity)
        /// A file that grows, by its device and inode.
        case perfMap(device: UInt64, inode: UInt64)
    }

    /// What `maps` says of a file.
    package struct FileIdentity: Hashable, Sendable {
        let device: DeviceNumber
        let inode: UInt64
        let path: String
    }

    private struct State {
        var entries: [ObjectID: Entry] = [:]
        var numbers: [Identity: ObjectID] = [:]
        var last: UInt32 = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// At most `limit` object files; each keeps a descriptor open.
    package init(limit: Int = 8192) { self.limit = limit }

    /// The number of an open regular file; `nil` when there are too many.
    package func add(
        path: String, _ descriptor: consuming OwnedDescriptor, debugFiles: DebugFileDirectories?
    ) -> ObjectID? {
        guard let identity = try? descriptor.status().version else { return nil }
        if let known = number(of: .file(identity)) { return known }
        return add(Entry(path: path, source: .file(descriptor), debugFiles: debugFiles), .file(identity))
    }

    /// The number of an object file that exists only in memory: the vDSO, which is the same in most processes.
    package func add(path: String, image: [UInt8]) -> ObjectID? {
        if let known = number(of: .image(image)) { return known }
        return add(Entry(path: path, source: .image(image), debugFiles: nil), .image(image))
    }

    /// The number of a file that can't be opened, so that its code is known by the file's name at least.
    package func add(unreadable file: FileIdentity) -> ObjectID? {
        if let known = number(of: .unreadable(file)) { return known }
        return add(Entry(path: file.path, source: .image([]), debugFiles: nil), .unreadable(file))
    }

    /// The number of the open perf map of a process, which is the same while the process appends to it.
    package func add(perfMap descriptor: consuming OwnedDescriptor) -> ObjectID? {
        guard let status = try? descriptor.status() else { return nil }
        let identity = Identity.perfMap(device: status.device, inode: status.inode)
        if let known = number(of: identity) { return known }
        return add(Entry(path: "perf map", source: .perfMap(descriptor), debugFiles: nil), identity)
    }

    /// The path by which a target has an object file mapped.
    package func path(of object: ObjectID) -> String? { entry(object)?.path }

    /// Whether it is known by more than its path.
    package func isReadable(_ object: ObjectID) -> Bool {
        guard let entry = entry(object) else { return false }
        return switch entry.source {
        case .file: true
        case .perfMap: true
        case .image(let bytes): !bytes.isEmpty
        }
    }

    package func entry(_ object: ObjectID) -> Entry? { state.withLock { $0.entries[object] } }

    /// How many there are.
    package var count: Int { state.withLock { $0.entries.count } }

    /// Closes the others; they get new numbers when they are added again.
    ///
    /// Returns the numbers of those.
    package func evict(keeping used: Set<ObjectID>) -> [ObjectID] {
        state.withLock { state in
            let evicted = state.entries.keys.filter { !used.contains($0) }
            guard !evicted.isEmpty else { return [] }
            for object in evicted { state.entries[object] = nil }
            state.numbers = state.numbers.filter { state.entries[$0.value] != nil }
            return evicted
        }
    }

    private func number(of identity: Identity) -> ObjectID? { state.withLock { $0.numbers[identity] } }

    private func add(_ entry: Entry, _ identity: Identity) -> ObjectID? {
        state.withLock { state in
            if let known = state.numbers[identity] { return known }
            guard state.entries.count < limit else { return nil }
            state.last += 1
            let id = ObjectID(rawValue: state.last)
            state.numbers[identity] = id
            state.entries[id] = entry
            return id
        }
    }
}
