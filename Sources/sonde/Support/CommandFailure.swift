import ArgumentParser
import Glibc
import ProcFS
import ProfileModel
import Sampling
import SystemSupport
import TargetProcess

/// Why a command ends without its result.
struct CommandFailure: Error {
    let message: String
    let exitCode: Int32
    /// Whether no message is written: the reader of standard output has all that it wants, as in `| head`.
    private(set) var isSilent = false

    init(_ message: String, exitCode: Int32 = 1) {
        self.message = message
        self.exitCode = exitCode
    }

    init(_ error: SamplingError, procfs: ProcFS) {
        if case .tooFewDescriptors(let needed) = error {
            self.init(
                """
                events on each thread and CPU take about \(NumberText.grouped(needed)) open files, and Sonde may have only \
                \(DescriptorLimit.text)
                  Raise the limit: prlimit --nofile=\(needed) sonde …, or ulimit -n \(needed) before; systemd: \
                LimitNOFILE=\(needed). Only root may raise it beyond `ulimit -Hn`.
                """)
            return
        }
        guard case .perfEvents(let refusal, let reason) = error else {
            self.init("\(error)")
            return
        }
        let advice = PerfEventAdvice(refusal, procfs: procfs)
        let context =
            if case .traced(let process) = reason, let traced = procfs.diagnoseAttach(to: process) {
                "\(traced.cause), and "
            } else {
                ""
            }
        self.init("\(context)\(advice.cause)\n  \(advice.remedy)", exitCode: advice.exitCode)
    }

    /// Standard output can't be written to.
    ///
    /// Without its reader the command ends as a signal SIGPIPE would have ended it.
    init(ofStandardOutput error: OutputError) {
        let hasReader = error.errno != EPIPE
        self.init("\(error)", exitCode: hasReader ? 1 : 128 + SIGPIPE)
        isSilent = !hasReader
    }

    init(_ refusal: AttachRefusal) {
        self.init("\(refusal.cause)\n  \(refusal.remedy)", exitCode: refusal.exitCode)
    }

    func report() {
        if !isSilent { Console.fail(message) }
    }
}

/// Runs a command's body and turns its failure into a message and an exit code.
func reportingFailure(_ body: () throws(CommandFailure) -> Void) throws {
    do {
        try body()
    } catch {
        error.report()
        throw ExitCode(error.exitCode)
    }
}
