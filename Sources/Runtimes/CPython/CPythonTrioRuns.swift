internal import ProfileModel

/// The runs of trio in an interpreter, at most one in each thread.
struct CPythonTrioRuns {
    /// What a thread has of its run.
    struct Run {
        /// The dictionary with the run, and with the task that the thread executes now (`GLOBAL_RUN_CONTEXT`).
        let context: Address
        let runner: Address
        let thread: String?
    }

    let all: [Run]

    init(
        of interpreter: Address, _ layout: CPythonTaskLayout, threads: CPythonThreads
    ) throws(RuntimeReadError) {
        let objects = threads.objects
        guard let globals = try objects.globals(ofModule: "trio._core._run", in: interpreter, threads.layout),
            let local = try objects.value(of: "GLOBAL_RUN_CONTEXT", inDictionary: globals),
            let dictionaries = try objects.memory.pointer(at: local, offset: layout.threadAttributes)
        else {
            all = []
            return
        }
        let contexts = try objects.entries(ofDictionary: dictionaries, limit: CPythonThreads.threadLimit).map(\.value)
        // Nothing links a run with its thread.
        let thread = threads.onlyName(in: interpreter)
        all = contexts.compactMap { context in
            guard let runner = Self.runner(in: context, objects) else { return nil }
            return Run(context: context, runner: runner, thread: thread)
        }
    }

    /// The run of a thread; `nil` where it has none.
    private static func runner(in context: Address, _ objects: CPythonObjects) -> Address? {
        // Tasks are put into the dictionary and taken out: whenever it is full it gets another table, which is empty at first.
        for _ in 0..<attempts {
            if let runner = try? objects.value(of: "runner", inDictionary: context) { return runner }
        }
        return nil
    }

    private static let attempts = 8
}
