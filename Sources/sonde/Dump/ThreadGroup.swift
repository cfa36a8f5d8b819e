import ProfileModel

/// Threads with the same stack, in the order of their numbers.
struct ThreadGroup {
    private(set) var threads: [DumpReport.Thread]

    /// What threads of a group have in common.
    private struct Key: Hashable {
        let state: String
        let systemCall: String?
        let gil: String?
        let ending: String
        let reason: String?
        let frames: [DumpReport.Row]

        init(_ thread: DumpReport.Thread) {
            state = thread.state
            systemCall = thread.systemCall
            gil = thread.gil
            ending = thread.ending
            reason = thread.reason
            frames = thread.frames.map(\.withoutPlace)
        }
    }

    /// Those that run come first, then the groups in the order of their first threads.
    static func groups(of threads: [DumpReport.Thread]) -> [ThreadGroup] {
        var groups: [ThreadGroup] = []
        var known: [Key: Int] = [:]
        for thread in threads {
            let key = Key(thread)
            if let index = known[key] {
                groups[index].threads.append(thread)
            } else {
                known[key] = groups.count
                groups.append(ThreadGroup(threads: [thread]))
            }
        }
        return groups.filter(\.isRunning) + groups.filter { !$0.isRunning }
    }

    private var isRunning: Bool { threads.first?.isRunning ?? false }
}

extension DumpReport.Row {
    /// What distinguishes it from other rows: of a function with a name, it is not where in the function the thread is.
    fileprivate var withoutPlace: DumpReport.Row {
        var row = self
        if kind != FrameKind.unknown.rawValue { row.address = "" }
        return row
    }
}
