internal import ProfileModel

/// Reads the tasks of asyncio and of trio, and greenlets, in a process with CPython while the process goes on.
struct CPythonTasks {
    let layout: CPythonTaskLayout
    let threads: CPythonThreads
    let chains: CPythonTaskChains
    let published: CPythonAsyncioOffsets?

    /// The tasks of all interpreters.
    ///
    /// - Parameter progress: called before each task is read, with its number.
    func read(progress: (Int) -> Void) -> RuntimeTasks {
        var collection = CPythonTaskCollection()
        let slots = CPythonSlots(of: threads.objects)
        for interpreter in threads.interpreters() {
            do throws(RuntimeReadError) {
                if let source = try CPythonAsyncioTasks(
                    of: interpreter, layout, threads: threads, chains: chains, published: published)
                {
                    collection.add(source, progress: progress)
                }
            } catch {
                collection.addMissing(Self.unreadableLists)
            }
            do throws(RuntimeReadError) {
                for run in try CPythonTrioRuns(of: interpreter, layout, threads: threads).all {
                    let source = try CPythonTrioTasks(of: run, layout, chains: chains, slots: slots)
                    collection.add(source, progress: progress)
                }
            } catch {
                collection.addMissing(Self.unreadableLists)
            }
            do throws(RuntimeReadError) {
                if let source = try CPythonGreenlets(of: interpreter, threads: threads, chains: chains) {
                    collection.add(source, progress: progress)
                    if source.mayBeMore { collection.addMissing(Self.moreGreenlets) }
                }
            } catch {
                collection.addMissing(Self.unreadableLists)
            }
        }
        return collection.tasks
    }

    private static let moreGreenlets =
        "greenlets that the garbage collector's lists, which change while they are read, have beside these"
    private static let unreadableLists =
        "tasks of an interpreter whose lists of them can't be read, or change all the time"
}
