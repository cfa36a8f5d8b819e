internal import Glibc
internal import ProcFS
internal import SystemSupport
internal import WorkerProtocol

/// A worker that is ready.
final class RunningWorker {
    let state: WorkerState
    private let channel: MessageChannel
    private let process: WorkerProcess?
    private let watch: ActivityWatch
    private var outgoing = Outgoing()

    private struct Outgoing {
        var requests: [WorkerRequest] = []
        var descriptors: [Int32] = []
        /// Those that are to be closed once they were sent.
        var owned: [Int32] = []
    }

    /// On a machine that has little time to give.
    private static let startNanoseconds: UInt64 = 5_000_000_000

    /// Waits until the worker says that it is ready.
    init(
        _ launched: consuming LaunchedWorker, area: SharedArea, previousEnd: WorkerEnd?, clock: WorkClock
    ) throws(WorkerLaunchError) {
        do throws(WorkerLaunchError) {
            state = try Self.state(of: launched.channel, previousEnd)
        } catch {
            launched.process?.kill()
            throw error
        }
        process = launched.process
        watch = ActivityWatch(area: area, process: launched.process?.id, clock: clock)
        channel = launched.channel
    }

    private static func state(
        of channel: borrowing MessageChannel, _ previousEnd: WorkerEnd?
    ) throws(WorkerLaunchError) -> WorkerState {
        let start = MonotonicTime.now
        let message: MessageChannel.Message
        do throws(MessageChannel.Failure) {
            message = try channel.receive(limit: MessageLimits.reply) {
                MonotonicTime.now.since(start) < startNanoseconds
            }
        } catch {
            throw error == .abandoned ? .silent : .ended(previous: previousEnd)
        }
        switch try? WorkerReply(parsing: message.bytes) {
        case .ready(let state): return state
        case .refused(let reason): throw .notConfined(reason: printable(reason))
        default: throw .silent
        }
    }

    var processID: Int32? { process?.id }

    deinit { for number in outgoing.owned { close(number) } }

    func kill() { process?.kill() }

    /// Begins an exchange.
    func begin(_ deadlines: Deadlines) { watch.begin(deadlines) }

    /// Keeps a request until there is a reply to wait for: many requests wake the worker once.
    func add(_ request: WorkerRequest) { outgoing.requests.append(request) }

    /// The same with a descriptor, whose owner keeps it open until then.
    func add(_ request: WorkerRequest, descriptor: Int32) throws(MessageChannel.Failure) {
        if outgoing.descriptors.count == MessageChannel.descriptorLimit { try flush() }
        outgoing.requests.append(request)
        outgoing.descriptors.append(descriptor)
    }

    /// The same with a descriptor that is closed afterwards.
    func add(_ request: WorkerRequest, owning descriptor: consuming OwnedDescriptor) throws(MessageChannel.Failure) {
        let number = descriptor.release()
        do {
            try add(request, descriptor: number)
            outgoing.owned.append(number)
        } catch {
            close(number)
            throw error
        }
    }

    func flush() throws(MessageChannel.Failure) {
        guard !outgoing.requests.isEmpty else { return }
        let sent = outgoing
        outgoing = Outgoing()
        defer { for number in sent.owned { close(number) } }
        try channel.send(WorkerRequest.message(sent.requests), descriptors: sent.descriptors) { [watch] in watch.mayGoOn
        }
    }

    /// Sends what was added, and waits for a reply.
    func receive() throws(MessageChannel.Failure) -> WorkerReply {
        try flush()
        let message = try channel.receive(limit: MessageLimits.reply) { [watch] in watch.mayGoOn }
        // A worker that can't be understood is in somebody's hands.
        guard let reply = try? WorkerReply(parsing: message.bytes) else { throw .closed }
        return reply
    }
}

/// How long an exchange may take as a whole.
struct Deadlines: Sendable {
    private let end: (clock: WorkClock, time: MonotonicTime)?
    private let isCancelled: @Sendable () -> Bool

    /// Ends so many nanoseconds from now by a clock, and when it is cancelled.
    init(nanoseconds: UInt64, by clock: WorkClock, isCancelled: @escaping @Sendable () -> Bool) {
        end = (clock, clock.now.advanced(by: nanoseconds))
        self.isCancelled = isCancelled
    }

    private init() {
        end = nil
        isCancelled = { false }
    }

    static let none = Deadlines()

    var mustEnd: Bool { isCancelled() || end.map { $0.clock.now > $0.time } ?? false }
}

/// Watches that a worker gets on: each stack, name and object file has a deadline of its own.
private final class ActivityWatch {
    private let area: SharedArea
    private let process: Int32?
    private var deadlines = Deadlines.none
    private let clock: WorkClock
    private var count: UInt64 = 0
    private var since: MonotonicTime
    private var processorTime: UInt64 = 0

    /// CPU time for a stack or a name: a thousand times what they usually need.
    private static let itemNanoseconds: UInt64 = 250_000_000
    /// CPU time for an object file: a symbol table of a gigabyte of debug information takes about one second.
    private static let objectNanoseconds: UInt64 = 3_000_000_000
    /// A worker that gets no CPU may be stopped, or wait for a file; on a busy machine, for its turn.
    private static let elapsedNanoseconds: UInt64 = 5_000_000_000

    init(area: SharedArea, process: Int32?, clock: WorkClock) {
        self.area = area
        self.process = process
        self.clock = clock
        since = clock.now
    }

    func begin(_ deadlines: Deadlines) {
        self.deadlines = deadlines
        restart()
    }

    private func restart() {
        count = area.activityCount
        since = clock.now
        processorTime = used ?? 0
    }

    private var used: UInt64? { process.flatMap { SystemClock.cpu(ofProcess: $0)?.reading } }

    /// Whether the worker may have more time.
    var mayGoOn: Bool {
        if deadlines.mustEnd { return false }
        if area.activityCount != count { restart() }
        let activity = area.activity
        let isFile = activity.object != nil && (activity.symbol == nil || activity.symbol == .debugInformation)
        let limit = isFile ? Self.objectNanoseconds : Self.itemNanoseconds
        if let used, used > processorTime, used - processorTime > limit { return false }
        return clock.now.since(since) < Self.elapsedNanoseconds
    }
}
