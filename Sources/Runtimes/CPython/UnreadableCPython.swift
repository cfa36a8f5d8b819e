package import ObjectFiles
package import ProfileModel

/// A CPython in one process whose structures can't be read: its loops are recognised, so that stacks with them are counted.
package final class UnreadableCPython: LanguageRuntime {
    private let loops: [Range<Address>]
    private let reason: String
    package let summary: RuntimeSummary

    /// - Parameters:
    ///   - bias: what the loader added to the file's addresses.
    ///   - error: why its structures can't be read.
    package init(in object: ObjectFile, bias: UInt64, because error: CPythonBuildError) {
        reason = error.message
        let name = "_PyEval_EvalFrameDefault"
        let symbols = (try? object.definitions(ofSymbols: [name], andPartsOf: [name])) ?? []
        loops = symbols.map { symbol in
            let start = Address(rawValue: symbol.address.rawValue &+ bias)
            return start..<start.advanced(by: min(symbol.size, UInt64.max - start.rawValue))
        }
        summary = RuntimeSummary(
            name: "Python", version: "", build: [object.path], reading: .nativeAlone(reason: reason))
    }

    package var sharedPlan: InterpreterPlan? { nil }

    package func beginBatch() {}

    package func variables(
        in copied: CopiedMemory, startingAt starts: Set<Address>, _ reading: VariableReading
    ) -> [Address: FrameVariables] { [:] }

    package func tasks(
        in objects: [ObjectFile], naming sink: InterpretedFunctionSink, progress: (Int) -> Void
    ) -> RuntimeTasks { .missing("tasks of a Python that can't be read: \(reason)") }

    package func merge(_ stack: NativeStack, naming functions: InterpretedFunctionSink) -> MergedStack {
        let hasLoop = stack.frames.contains { frame in
            loops.contains { $0.contains(frame.frame.address.instruction) }
        }
        return MergedStack(
            frames: stack.frames.map(\.frame), interpreted: hasLoop ? .unknown(.unknownVersion) : nil)
    }
}
