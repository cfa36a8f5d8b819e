internal import ProfileModel

/// Where tasks of an interpreter are read from: asyncio, a run of trio, or greenlets.
protocol CPythonTaskSource {
    /// Of all tasks that there were when it was made: those that are done, too.
    var tasks: [Address] { get }
    /// Whether a chain can combine functions of different times: nothing proves that no task went on meanwhile.
    var mayMixTimes: Bool { get }

    /// `nil` for a task that is done, and for what is no task.
    mutating func entry(of task: Address) throws(RuntimeReadError) -> CPythonTaskEntry?

    /// Of all tasks that there are by now.
    func currentTasks() throws(RuntimeReadError) -> [Address]

    /// The name of the thread that executes the tasks of an event loop.
    func thread(ofLoop loop: Address) -> String?
}

/// A task that is not done.
struct CPythonTaskEntry {
    struct Awaited: Hashable {
        let type: String
        /// What it waits for: one of `resolved` of other tasks.
        let object: Address
        /// The objects that this one is, or gathers: tasks or others.
        let parts: [Address]
    }

    let address: Address
    let name: String?
    let state: RuntimeTask.State
    let loop: Address
    let awaited: Awaited?
    let frames: [RuntimeTask.Frame]
    let loss: RuntimeTask.Loss?
    /// What its end resolves.
    let resolved: Set<Address>
    /// Whether it has waited for the same all the time since it was read.
    let isUnchanged: () -> Bool
}
