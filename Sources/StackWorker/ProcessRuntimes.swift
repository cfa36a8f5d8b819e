internal import ObjectFiles
internal import ProfileModel
internal import Runtimes
internal import WorkerProtocol

/// The runtimes in one process, each found when the object file that has it is first mapped.
///
/// Belongs to the worker's one thread.
final class ProcessRuntimes {
    private let memory: ProcessMemory
    private var runtimes: [Place: any LanguageRuntime] = [:]
    private var examined: Set<Place> = []

    /// An object file, and where it is.
    private struct Place: Hashable {
        let object: ObjectID
        let bias: UInt64
    }

    init(memory: ProcessMemory) { self.memory = memory }

    /// Examines the object files that are new in a map.
    func examine(_ map: AddressSpaceMap, noting area: SharedArea) {
        for mapping in map.mappings where mapping.isExecutable {
            guard let object = mapping.backing.object, let bias = mapping.bias,
                examined.insert(Place(object: object.id, bias: bias)).inserted
            else { continue }
            area.activity.object = object.id
            runtimes[Place(object: object.id, bias: bias)] = runtime(in: object, bias: bias)
        }
    }

    private func runtime(in object: ObjectFile, bias: UInt64) -> (any LanguageRuntime)? {
        do throws(CPythonBuildError) {
            return try CPythonRuntime(in: object, bias: bias, memory: memory)
        } catch {
            return UnreadableCPython(in: object, bias: bias, because: error)
        }
    }

    /// What was found, in no particular order.
    var summaries: [RuntimeSummary] { runtimes.values.map(\.summary) }

    /// What to copy of the interpreter of threads that have no plan yet.
    var sharedPlan: InterpreterPlan? { runtimes.values.lazy.compactMap(\.sharedPlan).first }

    /// The tasks of the event loops in a process.
    func tasks(in map: AddressSpaceMap, naming functions: InterpretedFunctionSink, noting area: SharedArea)
        -> RuntimeTasks
    {
        let objects = map.mappings.filter(\.isExecutable).compactMap(\.backing.object)
        return runtimes.values.reduce(.none) { tasks, runtime in
            tasks
                + runtime.tasks(in: objects, naming: functions) {
                    area.activity = SharedArea.Activity(phase: .stack, index: $0)
                }
        }
    }

    func beginBatch() { for runtime in runtimes.values { runtime.beginBatch() } }

    /// The variables of functions in copies of a stack and an interpreter, as they are now.
    ///
    /// - Parameter starts: where the copies of the interpreter begin.
    func variables(
        in copied: CopiedMemory, startingAt starts: Set<Address>, _ reading: VariableReading
    ) -> [Address: FrameVariables] {
        runtimes.values.reduce(into: [:]) { found, runtime in
            found.merge(runtime.variables(in: copied, startingAt: starts, reading)) { first, _ in first }
        }
    }

    /// The stack with interpreted functions in place of the loops that ran them.
    func merge(
        _ unwound: UnwoundStack, _ stack: @autoclosure () -> NativeStack, naming functions: InterpretedFunctionSink
    ) -> MappedProcess.Unwound {
        guard !runtimes.isEmpty else { return MappedProcess.Unwound(stack: unwound) }
        let native = stack()
        for runtime in runtimes.values {
            let merged = runtime.merge(native, naming: functions)
            guard merged.interpreted != nil else { continue }
            let stack = UnwoundStack(
                RawStack(frames: merged.frames, ending: unwound.ending), plan: unwound.plan,
                interpreted: merged.interpreted, interpreterPlan: merged.plan,
                sharedInterpreterPlan: merged.sharedPlan, interpreterThread: merged.thread)
            return MappedProcess.Unwound(stack: stack, records: merged.records)
        }
        return MappedProcess.Unwound(stack: unwound)
    }
}

extension ProcessMemory: RuntimeMemory {}
