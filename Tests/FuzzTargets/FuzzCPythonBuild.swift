import ObjectFiles
import ProfileModel
import Runtimes

/// The CPython in an object file: its published offsets, its symbols, and the texts with its version.
func fuzzCPythonBuild(_ bytes: [UInt8]) {
    if let offsets = try? CPythonDebugOffsets(parsing: bytes) {
        precondition((0...1 << 20).contains(offsets.layout.frame.byteCount))
        precondition((0...1 << 20).contains(offsets.layout.code.byteCount))
    }
    let budget = ParsingBudget(ParsingBudget.Limits(memory: 16 << 20, bytes: 16 << 20, entries: 1 << 14))
    guard
        let object = try? ObjectFile(
            id: ObjectID(rawValue: 1), path: "/fuzzed/python3.8", image: bytes, budget: budget)
    else { return }
    do throws(CPythonBuildError) {
        guard let build = try CPythonBuild(of: object) else { return }
        precondition(build.version.major == 3)
        for (part, next) in zip(build.loop, build.loop.dropFirst()) { precondition(part.lowerBound <= next.lowerBound) }
    } catch {
        precondition(!error.message.isEmpty)
    }
}
