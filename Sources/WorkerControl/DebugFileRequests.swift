internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// Finds the debug files that a worker asks for: in the directories of the target and of the host, and on servers.
struct DebugFileRequests {
    let objects: TracedObjects
    let downloader: (any DebugFileDownloader)?
    /// Stands still while a file is downloaded.
    let clock: WorkClock
    /// Whether servers are asked: while threads are sampled, nobody waits for one.
    var mayDownload = false

    /// The first file from an index on; `nil` where there is none.
    func file(from index: Int, for query: DebugFileQuery, of object: ObjectID) -> DebugFileDirectories.Candidate? {
        guard let entry = objects.entry(object) else { return nil }
        guard case .server(let id) = query else {
            return entry.debugFiles?.candidate(from: index, for: query, of: entry.path)
        }
        guard index == 0 else {
            // A build-id has no other file than the one that the worker got.
            downloader?.reject(id, for: entry.path)
            return nil
        }
        guard mayDownload, let downloader,
            let file = clock.standStill(during: { downloader.debugFile(of: id, for: entry.path) })
        else { return nil }
        return DebugFileDirectories.Candidate(index: 0, file: file)
    }
}
