/// The thread that a sample was taken from, and the process that it belongs to.
package struct ThreadIdentity: Hashable, Sendable {
    package let process: ProcessID
    package let thread: ThreadID
    /// The thread's `comm`.
    package let name: String
    /// The `comm` of the process's main thread.
    package let processName: String

    package init(process: ProcessID, thread: ThreadID, name: String, processName: String) {
        self.process = process
        self.thread = thread
        self.name = name
        self.processName = processName
    }
}
