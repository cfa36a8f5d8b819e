internal import Glibc
internal import ProcFS
internal import ProfileModel
internal import SystemSupport

/// Follows the threads of one process, and finds cheaply which of them run.
///
/// Belongs to the sampler's thread.
final class ThreadTracker {
    /// One thread with its files, kept or not.
    final class Entry {
        let id: ThreadID
        fileprivate(set) var name: String
        fileprivate(set) var state: ThreadState?
        /// Whether it never leaves the kernel: it has no stack to read.
        fileprivate(set) var isKernelWorker = false
        /// The CPU that it was on last.
        fileprivate(set) var processor: UInt32?
        fileprivate var files: ThreadFiles
        /// From which its files are kept; `nil` when they are not.
        private var allowance: DescriptorAllowance?
        fileprivate var schedstat: Schedstat?
        fileprivate var wasAsleep = false
        /// Whether its files show nothing any more: another thread may have its number.
        fileprivate var hasVanished = false
        /// Its CPU time when it was polled last, in nanoseconds.
        fileprivate(set) var runtime: Int64?
        /// What it had run when it was polled last since the poll before, in nanoseconds and in time slices.
        fileprivate(set) var lastRun: (nanoseconds: UInt64, timeslices: UInt64) = (0, 0)
        /// How long it had waited for a CPU between these two, in nanoseconds.
        fileprivate(set) var lastWait: UInt64 = 0
        /// When that was.
        fileprivate(set) var polledAt = MonotonicTime(nanoseconds: 0)
        /// The tick at which it was polled last.
        fileprivate(set) var lastPoll: Int
        /// What it has run lately, in nanoseconds: the past fades as in `UnwatchedTime`.
        private(set) var heat = 0.0
        /// Whether it was on a CPU, or waiting for one, when it was polled.
        fileprivate(set) var runs = false
        /// Whether it is polled every time.
        var isWatched = false
        /// The sleep whose stack has been read: its time slices, and when it was read.
        var readSleep: (timeslices: UInt64, takenAt: MonotonicTime)?
        /// Whether it is to be stopped at the next poll, if it is in that sleep still.
        fileprivate(set) var mustStop = false
        /// Whether its stack is to be read again at the next poll, if it is in that sleep still.
        fileprivate(set) var mustReadAgain = false
        /// What the last stop in a sleep showed.
        var completedSleep: CompletedSleep?

        fileprivate init(_ files: consuming ThreadFiles, since tick: Int) {
            id = files.thread
            self.files = files
            name = ""
            lastPoll = tick
        }

        deinit { allowance?.giveBack() }

        /// Keeps the files open if there are descriptors for that.
        fileprivate func keepFiles(within allowance: DescriptorAllowance) throws(ProcFSError) {
            guard allowance.take() else { return }
            do throws(ProcFSError) {
                try files.keep()
                self.allowance = allowance
            } catch {
                allowance.giveBack()
                // Without descriptors, each read says so; it needs one for a moment only.
                if case .vanished = error { throw error }
            }
        }

        fileprivate var keepsFiles: Bool { allowance != nil }

        fileprivate func warm(by nanoseconds: Int64) { heat += Double(nanoseconds) }

        fileprivate func cool(ticks: Int) { heat *= pow(UnwatchedTime.decay, Double(ticks)) }

        /// What the thread waits in, as it is now.
        func systemCall(using buffer: inout [UInt8]) throws(ProcFSError) -> ThreadSystemCall {
            try files.systemCall(using: &buffer)
        }

        /// Whether the thread runs no more; its end may not have been noticed by its parent.
        func hasEnded(using buffer: inout [UInt8]) -> Bool {
            do throws(ProcFSError) {
                let state = try files.stat(using: &buffer).state
                return state == .zombie || state == .dead
            } catch {
                if case .vanished = error { return true }
                return false
            }
        }

        /// The thread's time on and for CPUs, as it is now.
        func schedstat(using buffer: inout [UInt8]) throws(ProcFSError) -> Schedstat {
            try files.schedstat(using: &buffer)
        }

        /// When it lost its CPU, if it is on none.
        func sched(using buffer: inout [UInt8]) throws(ProcFSError) -> ThreadSched {
            try files.sched(using: &buffer)
        }
    }

    /// What a thread does now.
    enum Activity {
        /// On a CPU, or waiting for one since it was last on one, which `since` describes where this kernel counts.
        case running(since: Schedstat?)
        /// Not on a CPU since `timeslices`; `nil` when this kernel doesn't count them.
        case asleep(timeslices: UInt64?)
        case ended
        /// Its files can't be read now.
        case unreadable(SampleLedger.Loss)
    }

    /// Ticks since the last poll at a thread.
    struct UnseenTicks {
        let count: Int
        /// The first of them, at which it surely went on sleeping as it did, even if it has woken up since.
        let certain: Int
        /// Whether the poll was due at a time that has nothing to do with what the thread does, so that what it shows
        /// stands for the ticks before it.
        var areRepresented = false
    }

    private var list: TaskList
    private let tasks: TaskDirectory
    private let allowance: DescriptorAllowance
    private var entries: [ThreadID: Entry] = [:]
    private var newEntries: [Entry] = []
    private var requestedEntries: [Entry] = []
    private var endedEntries: [Entry] = []
    private(set) var ordered: [Entry] = []
    private var knownCount = -1
    private var mustList = true
    private var ids: [ThreadID] = []
    private var buffer: [UInt8] = []
    private let countsTimeslices: Bool
    private(set) var selection: ThreadSelection
    /// How many polls of threads were left out since the last one at each.
    private(set) var unseenTicks = 0
    private var unkept = 0

    init(
        of directory: borrowing ProcessDirectory, countsTimeslices: Bool, tolerance: UnwatchedTime.Tolerance = .nothing,
        allowance: DescriptorAllowance = .ofThisProcess
    ) throws(ProcFSError) {
        list = try TaskList(of: directory)
        tasks = try TaskDirectory(of: directory)
        self.allowance = allowance
        self.countsTimeslices = countsTimeslices
        selection = ThreadSelection(
            clock: countsTimeslices ? SystemClock.cpu(ofProcess: directory.process.rawValue) : nil, tolerance: tolerance
        )
    }

    /// Picks up new threads and drops ended ones; returns those that are new.
    ///
    /// Throws when the process has ended.
    ///
    /// Lists the threads only when their number has changed, or one was found to have ended: a thread that begins while
    /// another ends changes no number, and the end is found.
    func refresh() throws(ProcFSError) -> [ThreadID] {
        let count = try list.count()
        guard mustList || count != knownCount else { return [] }
        try list.read(into: &ids)
        var known = entries
        entries = [:]
        ordered = []
        var added: [ThreadID] = []
        for id in ids {
            let kept = known[id]?.hasVanished == false ? known.removeValue(forKey: id) : nil
            guard let entry = kept ?? newEntry(id) else { continue }
            if kept == nil { added.append(id) }
            entries[id] = entry
            ordered.append(entry)
        }
        for entry in known.values {
            entry.isWatched = false
            unseenTicks -= selection.tick - entry.lastPoll
            endedEntries.append(entry)
        }
        knownCount = count
        mustList = false
        return added
    }

    private func newEntry(_ id: ThreadID) -> Entry? {
        let entry = Entry(ThreadFiles(of: id, in: tasks), since: selection.tick)
        guard (try? entry.keepFiles(within: allowance)) != nil else { return nil }
        if !entry.keepsFiles { unkept += 1 }
        newEntries.append(entry)
        return entry
    }

    /// How many threads were found since the last call whose files are opened at each poll, for want of descriptors.
    func takeUnkept() -> Int {
        defer { unkept = 0 }
        return unkept
    }

    /// The ticks up to now at which a thread was not polled.
    func unseenTicks(of entry: Entry) -> UnseenTicks {
        selection.unseen(selection.tick - entry.lastPoll, after: entry.lastPoll)
    }

    /// Has a thread polled in the next tick, and stopped then; returns whether its last known sleep is the one that was
    /// read at that time.
    func requestStop(of thread: ThreadID, ifReadAt time: MonotonicTime) -> Bool {
        guard let entry = entries[thread], entry.readSleep?.takenAt == time else { return false }
        entry.mustStop = true
        requestedEntries.append(entry)
        return true
    }

    /// Has a thread polled in the next tick, and its stack read again if its last known sleep was read at that time.
    func requestReading(of thread: ThreadID, ifReadAt time: MonotonicTime) {
        guard let entry = entries[thread], entry.readSleep?.takenAt == time else { return }
        entry.mustReadAgain = true
        requestedEntries.append(entry)
    }

    /// Gives out the threads that are found to have ended since the last call.
    func takeEnded() -> [Entry] {
        defer { endedEntries = [] }
        return endedEntries
    }

    /// Begins a tick: calls `poll` once with each thread that is worth a poll, which is to ask for its activity.
    ///
    /// With the thread come those ticks before this one at which it was not polled.
    ///
    /// - Parameter stride: in how many ticks each thread is polled once, whatever it does; `nil` to choose by what they do.
    func select(at time: MonotonicTime, every stride: Int? = nil, _ poll: (Entry, UnseenTicks) -> Void) {
        let clock = selection.begin(threads: ordered.count, every: stride, at: time)
        defer { (newEntries, requestedEntries) = ([], []) }
        guard clock != nil || stride != nil else {
            for entry in ordered { pass(entry, to: poll) }
            return
        }
        var polled: [Entry] = []
        func pollOnce(_ entry: Entry) {
            guard entry.lastPoll != selection.tick else { return }
            pass(entry, to: poll)
            polled.append(entry)
        }
        defer { unseenTicks += ordered.count - polled.count }
        guard let clock else {
            for entry in newEntries + requestedEntries { pollOnce(entry) }
            for index in selection.turn(of: ordered.count) { pollOnce(ordered[index]) }
            return
        }
        // Those that run come right after the clock, so that it doesn't go on in between.
        for entry in selection.watched where entry.isWatched { pollOnce(entry) }
        for entry in newEntries + requestedEntries { pollOnce(entry) }
        for index in selection.turn(of: ordered.count) { pollOnce(ordered[index]) }
        if selection.mustPollAll(clock: clock, at: time) {
            for entry in ordered { pollOnce(entry) }
        }
        selection.end(clock: clock, polledAt: polled)
    }

    private func pass(_ entry: Entry, to poll: (Entry, UnseenTicks) -> Void) {
        let unseen = selection.unseen(selection.tick - entry.lastPoll - 1, after: entry.lastPoll)
        unseenTicks -= unseen.count
        if entry.heat != 0 { entry.cool(ticks: unseen.count + 1) }
        entry.lastPoll = selection.tick
        poll(entry, unseen)
        entry.mustStop = false
        entry.mustReadAgain = false
    }

    /// What the thread does now, and its name as of now.
    func activity(of entry: Entry) -> Activity {
        entry.polledAt = .now
        do {
            // The count is read before the state: a thread that wakes up in between shows a new count next time.
            let schedstat = countsTimeslices ? try entry.files.schedstat(using: &buffer) : nil
            if let schedstat { note(schedstat, of: entry) }
            if let schedstat, entry.wasAsleep, schedstat == entry.schedstat {
                return .asleep(timeslices: schedstat.timeslices)
            }
            let stat = try entry.files.stat(using: &buffer)
            entry.name = stat.command
            entry.state = stat.state
            entry.isKernelWorker = stat.isKernelWorker
            entry.processor = stat.processor
            entry.schedstat = schedstat
            entry.runs = stat.state == .running
            switch stat.state {
            case .running:
                entry.wasAsleep = false
                return .running(since: schedstat)
            case .zombie, .dead:
                // A first thread that has ended stays a zombie while others run.
                entry.wasAsleep = false
                return .ended
            default:
                entry.wasAsleep = true
                return .asleep(timeslices: schedstat?.timeslices)
            }
        } catch {
            entry.runs = false
            guard case .vanished = error else { return .unreadable(SampleLedger.Loss(error)) }
            mustList = true
            entry.hasVanished = true
            return .ended
        }
    }

    private func note(_ schedstat: Schedstat, of entry: Entry) {
        let runtime = Int64(clamping: schedstat.runNanoseconds)
        let change = runtime - (entry.runtime ?? 0)
        if change != 0 { selection.note(change, of: entry) }
        entry.lastWait = 0
        if entry.runtime != nil, let before = entry.schedstat {
            entry.lastRun = (UInt64(max(0, change)), schedstat.timeslices &- before.timeslices)
            entry.lastWait = schedstat.waitNanoseconds &- before.waitNanoseconds
        }
        if entry.runtime != nil { entry.warm(by: change) }
        entry.runtime = runtime
    }
}

extension SampleLedger.Loss {
    fileprivate init(_ error: ProcFSError) {
        self =
            switch error {
            case .failed(_, errno: EMFILE), .failed(_, errno: ENFILE): .tooManyOpenFiles
            case .notPermitted: .refused
            case .vanished: .ended
            case .failed, .notOffered, .tooLarge, .malformed: .failed
            }
    }
}

extension ProcFS {
    /// Whether `schedstat` counts time slices.
    ///
    /// Kernels without scheduler statistics show zeros for every thread, also for the one that asks and so must run.
    var kernelCountsTimeslices: Bool {
        guard let bytes = try? bytes(of: "self/schedstat"), let own = try? Schedstat(parsing: bytes) else {
            return false
        }
        return own.timeslices > 0
    }
}
