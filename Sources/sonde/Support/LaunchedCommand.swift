import CLinux
import Glibc
import ProcFS
import ProfileModel
import SystemSupport

/// A command that Sonde starts; it waits before its exec until sampling runs.
struct LaunchedCommand: ~Copyable {
    /// Whom a command runs as.
    enum Identity {
        /// The user who called sudo, as if that user had typed the command; without sudo, Sonde's own.
        case invokingUser
        /// Sonde's own.
        case sonde
    }

    let process: ProcessID
    private let gate: Int32
    private let failure: Int32

    /// Forks; the child waits.
    init(_ arguments: [String], as identity: Identity) throws(CommandFailure) {
        let invoker: InvokingUser? =
            switch identity {
            case .invokingUser: .current
            case .sonde: nil
            }
        let account = try Self.account(of: invoker)
        let inherited = InterruptSignals.inherited
        let environment = Self.environment(changes: account?.environment ?? [:])
        var pid: pid_t = 0
        var gate: Int32 = -1
        var failure: Int32 = -1
        let error = unsafe Self.withPointers(to: arguments) { arguments in
            unsafe Self.withPointers(to: environment) { environment in
                unsafe (account?.groups ?? []).withUnsafeBufferPointer { groups in
                    // Safe: all of it lives until the child has its copy of the memory.
                    var identity = unsafe clinux_identity(
                        user: invoker?.user ?? 0, group: invoker?.group ?? 0, group_count: groups.count,
                        groups: groups.baseAddress)
                    return unsafe withUnsafePointer(to: &identity) { identity in
                        var program = unsafe clinux_program(
                            arguments: arguments, environment: environment, identity: invoker == nil ? nil : identity,
                            resets_pipe_signal: inherited.endsByPipeSignal ? 1 : 0, blocked_signals: inherited.blocked)
                        return unsafe clinux_spawn_gated(&program, &pid, &gate, &failure)
                    }
                }
            }
        }
        guard error == 0 else { throw CommandFailure("can't start a process: \(errorText(error))") }
        process = ProcessID(rawValue: pid)
        self.gate = gate
        self.failure = failure
        DescriptorLimit.inherited?.restore(in: process)
    }

    private static func account(of invoker: InvokingUser?) throws(CommandFailure) -> InvokingUser.Account? {
        guard let invoker else { return nil }
        do {
            return try invoker.account()
        } catch {
            throw CommandFailure(
                "can't run the command as user \(invoker.user), who called sudo: \(error)\n"
                    + "  Use --keep-privileges to run it as root.")
        }
    }

    /// Sonde's own variables with some of them changed, or removed where the value is `nil`.
    private static func environment(changes: [String: String?]) -> [String] {
        var kept: [String] = []
        var next = unsafe environ
        // Safe: the array ends in nil, and Sonde doesn't change its environment.
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if changes[String(text.prefix { $0 != "=" })] == nil { kept.append(text) }
            unsafe next = unsafe next.advanced(by: 1)
        }
        return kept + changes.compactMap { name, value in value.map { "\(name)=\($0)" } }
    }

    /// C strings in an array that ends in a null pointer.
    private static func withPointers(
        to texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32
    ) -> Int32 {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe texts.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
    }

    /// Lets the command begin.
    func release() {
        var byte: UInt8 = 1
        _ = unsafe write(gate, &byte, 1)
    }

    /// Why the command could not be executed; `nil` when it could.
    ///
    /// Waits until one or the other is certain.
    func executionFailure(of name: String) -> CommandFailure? {
        var reason = clinux_program_failure()
        // Safe: the call fills the structure.
        let count = unsafe read(failure, &reason, MemoryLayout<clinux_program_failure>.size)
        guard count == MemoryLayout<clinux_program_failure>.size else { return nil }
        waitForExit()
        guard reason.stage == 0 else {
            return CommandFailure(
                "can't run \(name) as the user who called sudo: \(errorText(reason.error))\n"
                    + "  Use --keep-privileges to run it as root.", exitCode: 126)
        }
        return CommandFailure(
            "can't run \(name): \(errorText(reason.error))", exitCode: reason.error == ENOENT ? 127 : 126)
    }

    /// The command's exit status as a shell shows it, or `nil` while it runs on.
    func exitStatus() -> Int32? { exitStatus(options: WNOHANG) }

    /// Waits for the end of the command; `nil` when somebody else has waited for it.
    func waitForExitStatus() -> Int32? { exitStatus(options: 0) }

    /// `SIGRTMAX` (signal(7)).
    private static let lastSignal: Int32 = 64

    /// How it ended, in words.
    ///
    /// - Parameter status: as a shell shows it, where a status above 128 is a signal's as a rule.
    static func endText(ofStatus status: Int32) -> String {
        let isOfSignal = status > 128 && status <= 128 + lastSignal
        return "exited with status \(status)" + (isOfSignal ? ", that of signal \(status - 128)" : "")
    }

    private func exitStatus(options: Int32) -> Int32? {
        var status: Int32 = 0
        // Safe: the call fills the number.
        let found = try? retryingInterrupted("waitpid") { unsafe waitpid(process.rawValue, &status, options) }
        guard found == process.rawValue else { return nil }
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
    }

    private func waitForExit() { _ = waitpid(process.rawValue, nil, 0) }

    deinit {
        close(gate)
        close(failure)
    }
}

/// Where the programs that belong to `sonde` are.
enum InstalledPrograms {
    /// The directory of Sonde's own binary.
    static func directory() throws(CommandFailure) -> String {
        guard let own = try? ProcFS().ownProcess().link("exe"), let slash = own.lastIndex(of: "/") else {
            throw CommandFailure("can't find where sonde is installed: /proc/self/exe can't be read; mount /proc")
        }
        return String(own[..<slash])
    }
}
