import ArgumentParser
import ProcFS
import ProfileModel
import Sampling
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
