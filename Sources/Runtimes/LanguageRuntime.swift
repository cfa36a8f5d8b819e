package import ObjectFiles
package import ProfileModel

/// The runtime of a language in one process: it knows which functions its interpreter loops run.
///
/// Belongs to the worker's one thread.
package protocol LanguageRuntime: AnyObject {
    var summary: RuntimeSummary { get }

    /// What to copy of the interpreter of threads that have no plan of their own; `nil` where that is not known.
    var sharedPlan: InterpreterPlan? { get }

    /// A batch of stacks follows: what is read from now on is of now.
    func beginBatch()

    /// The stack with the functions that loops ran in the place of these loops.
    func merge(_ stack: NativeStack, naming functions: InterpretedFunctionSink) -> MergedStack

    /// The variables of functions, as they are now, by where the runtime's own structures of their frames are.
    ///
    /// - Parameters:
    ///   - copied: a stack, and what was copied of the interpreter together with it.
    ///   - starts: where the copies of the interpreter begin.
    func variables(
        in copied: CopiedMemory, startingAt starts: Set<Address>, _ reading: VariableReading
    ) -> [Address: FrameVariables]

    /// The tasks of its event loops that are not done.
    ///
    /// - Parameters:
    ///   - objects: the object files of the process, which may describe structures of the runtime.
    ///   - progress: called before each task is read, with its number.
    func tasks(
        in objects: [ObjectFile], naming functions: InterpretedFunctionSink, progress: (Int) -> Void
    ) -> RuntimeTasks
}

/// A stack with interpreted functions in it.
package struct MergedStack: Sendable {
    package let frames: [RawFrame]
    /// `nil` where the stack has no interpreter loop.
    package let interpreted: InterpretedFrames?
    /// What to copy of the thread's interpreter from now on, where that is known.
    package let plan: InterpreterPlan?
    /// The same of threads that have no plan of their own yet.
    package let sharedPlan: InterpreterPlan?
    package let thread: InterpreterThread?
    /// Where the runtime's own structures of interpreted frames are, by the positions of these among the frames.
    package let records: [Int: Address]

    package init(
        frames: [RawFrame], interpreted: InterpretedFrames?, plan: InterpreterPlan? = nil,
        sharedPlan: InterpreterPlan? = nil, thread: InterpreterThread? = nil, records: [Int: Address] = [:]
    ) {
        self.records = records
        self.frames = frames
        self.interpreted = interpreted
        self.plan = plan
        self.sharedPlan = sharedPlan
        self.thread = thread
    }
}

/// The interpreted functions that were found in stacks, each to be sent to the tracer once.
package final class InterpretedFunctionSink {
    private var known: [InterpretedFunctionID: InterpretedFunction] = [:]
    private var unsent: [InterpretedFunction] = []

    private static let limit = 1 << 16

    package init() {}

    /// Returns whether the function has a place; one that has the identity of another has none.
    func note(_ function: InterpretedFunction) -> Bool {
        if let known = known[function.id] { return known == function }
        guard known.count < Self.limit else { return false }
        known[function.id] = function
        unsent.append(function)
        return true
    }

    /// Gives out those that have not been sent, as many as fit into so many bytes of text.
    package func takeUnsent(byteLimit: Int) -> [InterpretedFunction] {
        var bytes = 0
        let sent = unsent.prefix { function in
            bytes += function.textSize
            return bytes <= byteLimit
        }
        unsent.removeFirst(sent.count)
        return Array(sent)
    }
}
