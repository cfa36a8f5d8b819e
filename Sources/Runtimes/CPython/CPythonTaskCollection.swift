internal import ProfileModel
internal import SystemSupport

/// The tasks of a process as far as they are read, and why some are missing.
struct CPythonTaskCollection {
    private var entries: [CPythonTaskEntry] = []
    private var loops: [Address: UInt32] = [:]
    private var describedLoops: [RuntimeTasks.Loop] = []
    private var missing: Set<String> = []
    private var mayMixTimes = false
    /// The bytes that the tasks take in a message.
    private var byteCount = 0

    private static let byteLimit = 4 << 20
    /// What a task and a frame take in a message beside texts, at most.
    private static let taskSize = 32
    private static let frameSize = 16

    // MARK: - Adding

    /// - Parameter progress: called before each task is read, with its number.
    mutating func add(_ source: some CPythonTaskSource, progress: (Int) -> Void) {
        var source = source
        mayMixTimes = mayMixTimes || source.mayMixTimes && !source.tasks.isEmpty
        var unread: [Address] = []
        for task in source.tasks {
            guard hasRoom else { return addMissing(beyond) }
            progress(entries.count)
            do throws(RuntimeReadError) { try add(task, of: &source) } catch { unread.append(task) }
        }
        guard !unread.isEmpty else { return }
        // Of those that have ended meanwhile nothing is missing.
        let current = (try? source.currentTasks()).map(Set.init)
        for task in unread where current?.contains(task) != false {
            guard hasRoom else { return addMissing(beyond) }
            do throws(RuntimeReadError) {
                try add(task, of: &source)
            } catch .implausible(_, let expected) {
                addMissing("tasks that are not \(expected)")
            } catch {
                addMissing("tasks that can't be read")
            }
        }
    }

    private var beyond: String { "tasks beyond \(NumberText.grouped(entries.count))" }
    private var hasRoom: Bool { entries.count < RuntimeTasks.limit && byteCount < Self.byteLimit }

    private mutating func add(
        _ task: Address, of source: inout some CPythonTaskSource
    ) throws(RuntimeReadError) {
        guard let entry = try source.entry(of: task) else { return }
        add(entry)
        addLoop(at: entry.loop, of: source)
    }

    mutating func addMissing(_ tasks: String) { missing.insert(tasks) }

    private mutating func add(_ entry: CPythonTaskEntry) {
        byteCount +=
            Self.taskSize + (entry.name?.utf8.count ?? 0) + (entry.awaited?.type.utf8.count ?? 0)
            + Self.frameSize * (entry.frames.count + (entry.awaited?.parts.count ?? 0) + entry.resolved.count)
        entries.append(entry)
    }

    private mutating func addLoop(at address: Address, of source: some CPythonTaskSource) {
        guard loops[address] == nil else { return }
        loops[address] = UInt32(describedLoops.count)
        describedLoops.append(RuntimeTasks.Loop(thread: source.thread(ofLoop: address)))
    }

    // MARK: - Linking

    /// All of them, with those that they wait for.
    var tasks: RuntimeTasks {
        let links = Links(entries)
        return RuntimeTasks(
            loops: describedLoops, tasks: entries.map { task($0, links) }, missing: missing.sorted(),
            mayMixTimes: mayMixTimes)
    }

    /// Which task is at an address, and which ones resolve what is there.
    private struct Links {
        private var positions: [Address: UInt32] = [:]
        private var resolvers: [Address: [UInt32]] = [:]

        init(_ entries: [CPythonTaskEntry]) {
            for (index, entry) in entries.enumerated() {
                positions[entry.address] = UInt32(index)
                for object in entry.resolved { resolvers[object, default: []].append(UInt32(index)) }
            }
        }

        /// Those of the tasks that these objects are.
        func tasks(at objects: [Address]) -> [UInt32] { objects.compactMap { positions[$0] } }

        /// Those of the tasks on whose end an object depends.
        func tasks(resolving object: Address) -> [UInt32] { resolvers[object] ?? [] }
    }

    private func task(_ entry: CPythonTaskEntry, _ links: Links) -> RuntimeTask {
        RuntimeTask(
            name: entry.name, state: entry.state, loop: loops[entry.loop] ?? 0,
            awaited: entry.awaited.map { RuntimeTask.Awaited(type: $0.type, tasks: tasks($0, of: entry, links)) },
            frames: entry.frames, loss: entry.loss)
    }

    /// The tasks that a task waits for.
    private func tasks(_ awaited: CPythonTaskEntry.Awaited, of entry: CPythonTaskEntry, _ links: Links) -> [UInt32] {
        let known = links.tasks(at: awaited.parts)
        let resolvers = links.tasks(resolving: awaited.object).filter {
            !known.contains($0) && entries[Int($0)].address != entry.address
        }
        // What their ends resolve was read later than what the task waits for.
        guard !resolvers.isEmpty, entry.isUnchanged() else { return known }
        return known + resolvers
    }
}
