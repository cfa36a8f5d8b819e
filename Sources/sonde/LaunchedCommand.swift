import CLinux
import Glibc
import ProcFS
import ProfileModel
import SystemSupport

/// A command that Sonde starts; it waits before its exec until sampling runs.
struct LaunchedCommand: ~Copyable {
    let process: ProcessID
    private let gate: Int32
    private let failure: Int32

    /// Forks; the child waits.
    init(_ arguments: [String]) throws(CommandFailure) {
        var pid: pid_t = 0
        var gate: Int32 = -1
        var failure: Int32 = -1
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        // Safe: the array ends in nil, and the strings live until the child has its copy of the memory.
        let error = unsafe clinux_spawn_gated(pointers, &pid, &gate, &failure)
        guard error == 0 else { throw CommandFailure("can't start a process: \(errorText(error))") }
        process = ProcessID(rawValue: pid)
        self.gate = gate
        self.failure = failure
        DescriptorLimit.inherited?.restore(in: process)
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
        var number: Int32 = 0
        let count = unsafe read(failure, &number, MemoryLayout<Int32>.size)
        guard count == MemoryLayout<Int32>.size else { return nil }
        _ = waitForExit()
        return CommandFailure("can't run \(name): \(errorText(number))", exitCode: number == ENOENT ? 127 : 126)
    }

    /// The command's exit status as a shell shows it, or `nil` while it runs on.
    func exitStatus() -> Int32? {
        var status: Int32 = 0
        guard unsafe waitpid(process.rawValue, &status, WNOHANG) == process.rawValue else { return nil }
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
    }

    private func waitForExit() -> Int32 {
        var status: Int32 = 0
        unsafe waitpid(process.rawValue, &status, 0)
        return status
    }

    deinit {
        close(gate)
        close(failure)
    }
}
