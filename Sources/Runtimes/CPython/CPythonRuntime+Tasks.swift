package import ObjectFiles
package import ProfileModel

extension CPythonRuntime {
    package func tasks(
        in objects: [ObjectFile], naming sink: InterpretedFunctionSink, progress: (Int) -> Void
    ) -> RuntimeTasks {
        guard let layout = CPythonTaskLayout(version) else {
            return .missing("tasks of CPython \(version), which are not supported; Sonde reads those of 3.7 to 3.14")
        }
        let published = objects.lazy.compactMap { CPythonAsyncioOffsets(in: $0) }.first
        guard layout.agrees(with: published) else {
            return .missing("tasks of this build of CPython \(version), whose structures are not known")
        }
        let coroutines = CPythonCoroutines(layout: layout.generator, whole: self.layout, objects: threads.objects)
        let tasks = CPythonTasks(
            layout: layout, threads: threads,
            chains: CPythonTaskChains(coroutines: coroutines, functions: functions, sink: sink), published: published)
        return tasks.read(progress: progress)
    }
}

extension CPythonTaskLayout {
    /// Whether what a process publishes is what the tables have; before 3.14 it publishes nothing.
    fileprivate func agrees(with published: CPythonAsyncioOffsets?) -> Bool {
        guard let published else { return true }
        return published.taskSize == task.size && published.taskCoroutine == task.coroutine
            && published.taskName == task.name
    }
}

extension RuntimeTasks {
    static func missing(_ tasks: String) -> RuntimeTasks { RuntimeTasks(loops: [], tasks: [], missing: [tasks]) }
}
