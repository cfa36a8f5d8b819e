import ArgumentParser
import ProcFS
import ProfileModel
import Sampling
import SystemSupport
import TargetProcess

/// Why a command ends without its result.
struct CommandFailure: Error {
    let message: String
    let exitCode: Int32

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

    init(_ refusal: AttachRefusal) {
        self.init("\(refusal.cause)\n  \(refusal.remedy)", exitCode: refusal.exitCode)
    }
}

/// Runs a command's body and turns its failure into a message and an exit code.
func reportingFailure(_ body: () throws(CommandFailure) -> Void) throws {
    do {
        try body()
    } catch {
        Console.fail(error.message)
        throw ExitCode(error.exitCode)
    }
}
