internal import ProcFS
internal import ProfileModel

/// Follows the threads of one process, and tells cheaply which of them run.
///
/// Belongs to the sampler's thread.
final class ThreadTracker {
    /// One thread with its kept files.
    final class Entry {
        let id: ThreadID
        fileprivate(set) var name: String
        fileprivate(set) var state: ThreadState?
        /// The CPU that it was on last.
        fileprivate(set) var processor: UInt32?
        fileprivate var files: ThreadFiles
        fileprivate var schedstat: Schedstat?
        fileprivate var wasAsleep = false
        /// The sleep whose stack has been read: its time slices, and when it was read.
        var readSleep: (timeslices: UInt64, takenAt: MonotonicTime)?

        fileprivate init(_ files: consuming ThreadFiles) {
            id = files.thread
            self.files = files
            name = ""
        }

        /// What the thread waits in, as it is now.
        func systemCall(using buffer: inout [UInt8]) throws(ProcFSError) -> ThreadSystemCall {
            try files.systemCall(using: &buffer)
        }

        /// Whether the thread runs no more; its end may not have been noticed by its parent.
        func hasEnded(using buffer: inout [UInt8]) -> Bool {
            guard let state = try? files.stat(using: &buffer).state else { return true }
            return state == .zombie || state == .dead
        }

        /// The thread's time on and for CPUs, as it is now.
        func schedstat(using buffer: inout [UInt8]) throws(ProcFSError) -> Schedstat {
            try files.schedstat(using: &buffer)
        }
    }

    /// What a thread does now.
    enum Activity {
        /// On a CPU, or waiting for one since it was last on one, which `since` describes where this kernel counts.
        case running(since: Schedstat?)
        /// Not on a CPU since `timeslices`; `nil` when this kernel doesn't count them.
        case asleep(timeslices: UInt64?)
        case ended
    }

    private var list: TaskList
    private var entries: [ThreadID: Entry] = [:]
    private(set) var ordered: [Entry] = []
    private var knownCount = -1
    private var mustList = true
    private var ids: [ThreadID] = []
    private var buffer: [UInt8] = []
    private let countsTimeslices: Bool

    init(of directory: borrowing ProcessDirectory, countsTimeslices: Bool) throws(ProcFSError) {
        list = try TaskList(of: directory)
        self.countsTimeslices = countsTimeslices
    }

    /// Picks up new threads and drops ended ones; returns how many are new.
    ///
    /// Throws when the process has ended.
    ///
    /// Lists the threads only when their number has changed, or one was found to have ended: a thread that begins while
    /// another ends changes no number, and the end is found.
    func refresh(in directory: borrowing ProcessDirectory) throws(ProcFSError) -> Int {
        let count = try list.count()
        guard mustList || count != knownCount else { return 0 }
        try list.read(into: &ids)
        let known = entries
        entries = [:]
        ordered = []
        var added = 0
        for id in ids {
            var entry = known[id]
            if entry == nil, let files = try? ThreadFiles(of: id, in: directory) {
                entry = Entry(files)
                added += 1
            }
            guard let entry else { continue }
            entries[id] = entry
            ordered.append(entry)
        }
        knownCount = count
        mustList = false
        return added
    }

    /// What the thread does now, and its name as of now.
    func activity(of entry: Entry) -> Activity {
        do {
            // The count is read before the state: a thread that wakes up in between shows a new count next time.
            let schedstat = countsTimeslices ? try entry.files.schedstat(using: &buffer) : nil
            if let schedstat, entry.wasAsleep, schedstat == entry.schedstat {
                return .asleep(timeslices: schedstat.timeslices)
            }
            let stat = try entry.files.stat(using: &buffer)
            entry.name = stat.command
            entry.state = stat.state
            entry.processor = stat.processor
            entry.schedstat = schedstat
            switch stat.state {
            case .running:
                entry.wasAsleep = false
                return .running(since: schedstat)
            case .zombie, .dead:
                // A first thread that has ended stays a zombie while others run.
                return .ended
            default:
                entry.wasAsleep = true
                return .asleep(timeslices: schedstat?.timeslices)
            }
        } catch {
            mustList = true
            return .ended
        }
    }
}
