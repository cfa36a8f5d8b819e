internal import CLinux
internal import Glibc
internal import ProcFS
internal import Synchronization
internal import SystemSupport
package import WorkerProtocol

/// A process that does nothing but fork workers: so they start in a fraction of a millisecond, at any time, although Sonde
/// has other threads by then.
///
/// It is itself forked before Sonde has a second thread, and gives up its privileges before it forks the first worker.
/// It ends with Sonde, and its workers with it.
package final class WorkerTemplate: WorkerLauncher {
    package let area: SharedArea
    private let channel: MessageChannel
    /// Sonde's end of the socket of a worker that was asked for and not yet waited for.
    private let requested = Mutex<Int32?>(nil)

    /// What the processes do; each runs in a process of its own.
    package struct Program: Sendable {
        /// Gives up privileges and all descriptors but this one; throws for what can't be given up.
        package let confineTemplate: @Sendable (_ keeping: Int32) throws -> Void
        /// Restricts a worker further, and serves the channel.
        package let serve: @Sendable (consuming MessageChannel, SharedArea) -> Void
        /// The message that says why the template wasn't confined.
        package let refusal: @Sendable (_ reason: String) -> [UInt8]

        package init(
            confineTemplate: @escaping @Sendable (_ keeping: Int32) throws -> Void,
            serve: @escaping @Sendable (consuming MessageChannel, SharedArea) -> Void,
            refusal: @escaping @Sendable (_ reason: String) -> [UInt8] = { WorkerReply.refused(reason: $0).bytes }
        ) {
            self.confineTemplate = confineTemplate
            self.serve = serve
            self.refusal = refusal
        }
    }

    /// To be called while there is one thread.
    ///
    /// - Parameter areaCapacity: bytes of snapshots that a request can refer to.
    package init(_ program: Program, areaCapacity: Int) throws(WorkerLaunchError) {
        guard let area = SharedArea(capacity: areaCapacity) else { throw .outOfMemory }
        self.area = area
        let (ours, theirs) = try Self.socketPair()
        channel = MessageChannel(OwnedDescriptor(owning: ours))
        let child = TemplateChild(program: program, socket: theirs, area: area)
        // Safe: the child, a copy of this process, is the only one to take the reference.
        let context = unsafe Unmanaged.passRetained(child)
        let id = unsafe clinux_fork(runTemplate, context.toOpaque())
        unsafe context.release()
        close(theirs)
        guard id > 0 else { throw .system(call: "fork", errno: -id) }
        // The first worker starts while Sonde finds its targets.
        let first = try request()
        requested.withLock { $0 = first }
    }

    deinit { if let number = requested.withLock({ $0 }) { close(number) } }

    /// Asks for a worker; gives Sonde's end of its socket.
    private func request() throws(WorkerLaunchError) -> Int32 {
        let (ours, theirs) = try Self.socketPair()
        defer { close(theirs) }
        do throws(MessageChannel.Failure) {
            try channel.send([], descriptors: [theirs], mayWait: { false })
            return ours
        } catch {
            close(ours)
            throw .silent
        }
    }

    package func launch() throws(WorkerLaunchError) -> LaunchedWorker {
        let pending = requested.withLock { number in
            defer { number = nil }
            return number
        }
        let ours: Int32 = if let pending { pending } else { try request() }
        let socket = MessageChannel(OwnedDescriptor(owning: ours))
        do throws(MessageChannel.Failure) {
            var message = try channel.receive(mayWait: timeout())
            guard let answer = TemplateAnswer(message.bytes) else { throw .closed }
            guard answer.errno == 0 else { throw .system(errno: answer.errno) }
            guard let descriptor = message.takeDescriptor() else { throw .closed }
            return LaunchedWorker(
                channel: socket, process: WorkerProcess(id: answer.worker, descriptor: descriptor),
                previousEnd: answer.previousEnd)
        } catch {
            if case .system(let number) = error { throw .system(call: "fork", errno: number) }
            throw .silent
        }
    }

    /// A launch takes a millisecond; five seconds on a machine that has no time to give.
    private func timeout() -> () -> Bool {
        var polls = 5_000 / MessageChannel.pollMilliseconds
        return {
            polls -= 1
            return polls > 0
        }
    }

    private static func socketPair() throws(WorkerLaunchError) -> (Int32, Int32) {
        do throws(MessageChannel.Failure) {
            return try MessageChannel.pair()
        } catch {
            guard case .system(let number) = error else { throw .silent }
            throw .system(call: "socketpair", errno: number)
        }
    }
}

/// What the template says of a worker that it has forked.
private struct TemplateAnswer {
    let worker: Int32
    let errno: Int32
    let previousEnd: WorkerEnd?

    init(worker: Int32, errno: Int32, previousEnd: WorkerEnd?) {
        self.worker = worker
        self.errno = errno
        self.previousEnd = previousEnd
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == 12 else { return nil }
        let words = stride(from: 0, to: 12, by: 4).map { start in
            bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        worker = Int32(bitPattern: words[0])
        errno = Int32(bitPattern: words[1])
        switch Int32(bitPattern: words[2]) {
        case -1: previousEnd = nil
        case 0: previousEnd = .exited
        case let signal: previousEnd = .signal(signal)
        }
    }

    var bytes: [UInt8] {
        let end: Int32 =
            switch previousEnd {
            case nil: -1
            case .exited: 0
            case .signal(let number): number
            }
        return [worker, errno, end].flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: UInt32(bitPattern: word) >> (8 * $0)) }
        }
    }
}

/// The template's own side.
private final class TemplateChild {
    private let program: WorkerTemplate.Program
    private let socket: Int32
    private let area: SharedArea
    private var last: pid_t?

    init(program: WorkerTemplate.Program, socket: Int32, area: SharedArea) {
        self.program = program
        self.socket = socket
        self.area = area
    }

    func run() {
        unsafe clinux_name_thread("sonde-template")
        // Whatever the terminal sends to Sonde is for Sonde alone.
        setsid()
        _ = signal(SIGPIPE, SIG_IGN)
        _ = clinux_end_with_parent(SIGKILL)
        let channel = MessageChannel(OwnedDescriptor(owning: socket))
        do {
            try program.confineTemplate(channel.socket.rawValue)
        } catch {
            fail("\(error)", channel)
            return
        }
        _ = clinux_end_with_parent(SIGKILL)
        while var message = try? channel.receive() {
            guard let worker = message.takeDescriptor() else { return }
            guard answer(worker, channel) else { return }
        }
    }

    /// Says so to each worker's socket that comes, so that the tracer hears why.
    private func fail(_ reason: String, _ channel: borrowing MessageChannel) {
        while var message = try? channel.receive() {
            guard let socket = message.takeDescriptor() else { return }
            let worker = MessageChannel(socket)
            try? worker.send(program.refusal(reason))
            let own = clinux_open_process(getpid())
            let answer = TemplateAnswer(worker: getpid(), errno: min(0, own), previousEnd: nil)
            guard (try? channel.send(answer.bytes, descriptors: own >= 0 ? [own] : [])) != nil else { return }
            close(own)
        }
    }

    /// Forks a worker that serves a socket; returns whether to go on.
    private func answer(_ worker: consuming OwnedDescriptor, _ channel: borrowing MessageChannel) -> Bool {
        let end = reapLast()
        let child = WorkerChild(program: program, socket: worker.release(), area: area)
        // Safe: the child, a copy of this process, is the only one to take the reference.
        let context = unsafe Unmanaged.passRetained(child)
        let id = unsafe clinux_fork(runWorker, context.toOpaque())
        unsafe context.release()
        close(child.socket)
        // The worker isn't reaped before the next one is asked for, so that its number is still its own.
        let descriptor = id > 0 ? clinux_open_process(id) : -1
        defer { if descriptor >= 0 { close(descriptor) } }
        if id > 0 { last = id }
        let failure = id <= 0 ? -id : min(0, descriptor) == 0 ? 0 : -descriptor
        let answer = TemplateAnswer(worker: id, errno: failure, previousEnd: end)
        return (try? channel.send(answer.bytes, descriptors: descriptor >= 0 ? [descriptor] : [])) != nil
    }

    /// The last worker has ended, or is being killed.
    private func reapLast() -> WorkerEnd? {
        guard let id = last else { return nil }
        last = nil
        var status: Int32 = 0
        // Safe: the call writes one number.
        while unsafe waitpid(id, &status, 0) == -1, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? .exited : .signal(signal)
    }
}

private final class WorkerChild {
    let program: WorkerTemplate.Program
    let socket: Int32
    let area: SharedArea

    init(program: WorkerTemplate.Program, socket: Int32, area: SharedArea) {
        self.program = program
        self.socket = socket
        self.area = area
    }

    func run() {
        unsafe clinux_name_thread("sonde-worker")
        _ = clinux_end_with_parent(SIGKILL)
        program.serve(MessageChannel(OwnedDescriptor(owning: socket)), area)
    }
}

private func runTemplate(context: UnsafeMutableRawPointer?) {
    // Safe: the parent passed a retained TemplateChild.
    if let context = unsafe context { unsafe Unmanaged<TemplateChild>.fromOpaque(context).takeUnretainedValue().run() }
}

private func runWorker(context: UnsafeMutableRawPointer?) {
    // Safe: the parent passed a retained WorkerChild.
    if let context = unsafe context { unsafe Unmanaged<WorkerChild>.fromOpaque(context).takeUnretainedValue().run() }
}
