package import ProfileModel

/// CPython in one process.
package final class CPythonRuntime: LanguageRuntime {
    private let layout: CPythonLayout
    private let threads: CPythonThreads
    private let functions: CPythonFunctions
    /// Where the interpreter's loop is in the process.
    private let loops: [Range<Address>]
    /// The thread states, as read for this batch.
    private var states: [Address]?
    /// Those that were planned to be copied, by where their copies begin.
    private var planned: [Address: Address] = [:]

    private static let plannedLimit = 1 << 14

    /// - Parameters:
    ///   - interpretersHead: where the pointer to the first interpreter is.
    ///   - loops: the code of `_PyEval_EvalFrameDefault`, in the process.
    package init(
        layout: CPythonLayout, interpretersHead: Address, loops: [Range<Address>], reader: CPythonFunctionReader,
        memory: any RuntimeMemory
    ) {
        self.layout = layout
        self.loops = loops
        threads = CPythonThreads(layout: layout, memory: memory, interpretersHead: interpretersHead)
        functions = CPythonFunctions(reader: reader, layout: layout, memory: memory)
    }

    package func beginBatch() {
        states = nil
        functions.beginBatch()
    }

    package func merge(_ stack: NativeStack, naming sink: InterpretedFunctionSink) -> MergedStack {
        let positions = stack.frames.indices.filter { isLoop(stack.frames[$0].frame) }
        guard !positions.isEmpty else {
            return MergedStack(frames: stack.frames.map(\.frame), interpreted: nil)
        }
        let (assignment, plan) = assignment(stack, positions)
        return replaceLoops(of: stack, by: assignment, plan, naming: sink)
    }

    private func isLoop(_ frame: RawFrame) -> Bool {
        let instruction = frame.address.instruction
        return loops.contains { $0.contains(instruction) }
    }

    /// What the loops ran by what was copied with the stack, and what is to be copied from now on if that was not enough.
    private func assignment(
        _ stack: NativeStack, _ positions: [Int]
    ) -> (CPythonMerge.Assignment, InterpreterPlan?) {
        let copied = stack.interpreterStarts.compactMap { planned[$0] }
        let chains = copied.compactMap { CPythonChain(of: $0, layout, in: stack.all) }
        guard let first = chains.first else { return (CPythonMerge.Assignment(loss: .notCopied), plan(for: stack)) }
        let merge = CPythonMerge(stack: stack, loops: positions)
        let isEach = layout.frame.entry == .each
        let assignment = isEach ? merge.assignByAddresses(first) : merge.assignByAnchors(chains)
        return (assignment, assignment.loss == nil ? nil : plan(for: stack))
    }

    /// What to copy of the thread states whose frames lie on the stack now.
    private func plan(for stack: NativeStack) -> InterpreterPlan? {
        let all = states ?? threads.states()
        states = all
        let own = threads.states(on: stack, among: all)
        if planned.count >= Self.plannedLimit { planned.removeAll() }
        for state in own { planned[state.offset(by: layout.thread.frames.offset)] = state }
        return layout.plan(for: own)
    }

    private func replaceLoops(
        of stack: NativeStack, by assignment: CPythonMerge.Assignment, _ plan: InterpreterPlan?,
        naming sink: InterpretedFunctionSink
    ) -> MergedStack {
        var loss = assignment.loss
        var frames: [RawFrame] = []
        for (index, native) in stack.frames.enumerated() {
            guard let functions = assignment.functions[index], !functions.isEmpty else {
                frames.append(native.frame)
                continue
            }
            do throws(InterpreterLossError) {
                frames += try functions.map { (frame) throws(InterpreterLossError) in
                    try interpreted(frame, at: native.frame.address, stack.time, sink)
                }
            } catch {
                loss = loss ?? error.loss
                frames.append(native.frame)
            }
        }
        return MergedStack(frames: frames, interpreted: loss.map(InterpretedFrames.unknown) ?? .complete, plan: plan)
    }

    private func interpreted(
        _ frame: CPythonFrame, at address: FrameAddress, _ time: UInt64, _ sink: InterpretedFunctionSink
    ) throws(InterpreterLossError) -> RawFrame {
        let (function, line) = try functions.function(of: frame, copiedAt: time)
        guard sink.note(function) else { throw InterpreterLossError(.tooManyFunctions) }
        return RawFrame(address: address, location: .interpreted(function.id, line: line))
    }
}
