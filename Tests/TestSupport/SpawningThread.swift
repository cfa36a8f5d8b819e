import Foundation
import Synchronization

/// The one thread that starts all children of the tests, and that lives as long as the process.
///
/// Test programs die with their parent (`PR_SET_PDEATHSIG`), and by that the kernel means the thread that started them:
/// threads of Swift's concurrency pool come and go.
final class SpawningThread: Sendable {
    static let shared = SpawningThread()

    private let requests = Mutex<[SpawnRequest]>([])
    private let available = DispatchSemaphore(value: 0)

    private init() {
        Thread.detachNewThread { self.work() }
    }

    /// Starts a program with pipes as its standard streams; it inherits no other descriptor.
    func spawn(_ command: [String], environment: [String]) throws -> SpawnedProgram {
        let request = SpawnRequest(command: command, environment: environment)
        requests.withLock { $0.append(request) }
        available.signal()
        return try request.result()
    }

    private func work() {
        while true {
            available.wait()
            requests.withLock { $0.isEmpty ? nil : $0.removeFirst() }?.fulfil()
        }
    }
}

/// A started program and this process' ends of its standard streams, which close when they go.
struct SpawnedProgram: Sendable {
    let pid: pid_t
    let input: FileHandle
    let output: FileHandle
    let errors: FileHandle
}

/// A program to be started, and then what came of it.
private final class SpawnRequest: Sendable {
    private let command: [String]
    private let environment: [String]
    private let done = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<SpawnedProgram, TestSupportError>?>(nil)

    init(command: [String], environment: [String]) {
        self.command = command
        self.environment = environment
    }

    func result() throws -> SpawnedProgram {
        done.wait()
        guard let outcome = outcome.withLock({ $0 }) else { throw failure(ECANCELED) }
        return try outcome.get()
    }

    func fulfil() {
        let result = Result { () throws(TestSupportError) in try start() }
        outcome.withLock { $0 = result }
        done.signal()
    }

    private func start() throws(TestSupportError) -> SpawnedProgram {
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        closeAllOnExec()
        let streams = [input.fileHandleForReading, output.fileHandleForWriting, errors.fileHandleForWriting]
        return SpawnedProgram(
            pid: try spawn(streams: streams.map(\.fileDescriptor)), input: input.fileHandleForWriting,
            output: output.fileHandleForReading, errors: errors.fileHandleForReading)
    }

    private func spawn(streams: [CInt]) throws(TestSupportError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        for (number, stream) in streams.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, stream, CInt(number))
        }
        // The test runner's signal mask and ignored signals are not the child's.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid = pid_t()
        let status = unsafe withCStrings(command) { arguments in
            unsafe withCStrings(environment) { environment in
                unsafe posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environment)
            }
        }
        guard status == 0 else { throw failure(status) }
        return pid
    }

    private func failure(_ number: CInt) -> TestSupportError {
        // Safe: strerror returns a valid C string for every number.
        let reason = unsafe String(cString: strerror(number))
        return .cannotStart(command: command.joined(separator: " "), errno: number, reason: reason)
    }
}

/// Keeps every descriptor but the standard ones from the children, the pipes of other children above all: who
/// inherits the writing end of a pipe keeps its reader waiting.
private func closeAllOnExec() {
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    for descriptor in open.compactMap({ CInt($0) }) where descriptor > 2 {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
}

/// Calls `body` with the strings as the null-terminated array that `exec` takes.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe strings.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe body(pointers)
}
