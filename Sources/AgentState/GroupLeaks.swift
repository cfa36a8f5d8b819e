import HostWatch
import MemoryTrends
import MetricFamilies
import ProfileModel

/// The leak verdicts of each group: of eight workers of which one leaks, that one counts.
struct GroupLeaks {
    private struct Group {
        let name: String
        /// The highest of all its processes.
        var level = LeakLevel.none
        var worst: LeakVerdict
        var judged = 0.0
        var suspected = 0.0
    }

    private struct Process {
        let group: String
        let number: Int32
        let verdict: LeakVerdict
    }

    /// In order of name.
    private let groups: [Group]
    /// The processes under some suspicion, the worst first.
    private let processes: [Process]

    /// Verdicts on processes that no longer run don't count.
    init(of state: AgentState) {
        var groups: [String: Group] = [:]
        var processes: [Process] = []
        for process in state.snapshot.processes {
            guard let verdict = state.verdicts[process.identity] else { continue }
            var group = groups[process.group] ?? Group(name: process.group, worst: verdict)
            if verdict.isWorse(than: group.worst) { group.worst = verdict }
            group.level = max(group.level, verdict.level)
            group.judged += 1
            if verdict.level >= .suspected { group.suspected += 1 }
            groups[process.group] = group
            if verdict.level > .none {
                let number = process.identity.process.rawValue
                processes.append(Process(group: process.group, number: number, verdict: verdict))
            }
        }
        self.groups = groups.values.sorted { $0.name < $1.name }
        self.processes = processes.sorted { $0.verdict.isWorse(than: $1.verdict) }
    }

    /// Of groups with a process that is watched long enough for a verdict.
    ///
    /// Growth and time left are of one process, the worst off, so that they fit together: of those that are suspected
    /// (else of those with a warning, else of all) the one that has the least time left, else that grows fastest.
    var groupMetrics: [MetricFamily] {
        let worst = "of the process that is worst off"
        return [
            gauge("sonde_leak_suspected", "1 if the verdict on a process is suspected or confirmed, 0 if not.") {
                $0.suspected > 0 ? 1 : 0
            },
            gauge("sonde_leak_level", "The worst verdict: 0 none, 1 warning, 2 suspected, 3 confirmed.") {
                $0.level.number
            },
            gauge("sonde_leak_judged_processes", "Processes that are watched long enough for a verdict.") { $0.judged },
            gauge("sonde_leak_suspected_processes", "Processes with the verdict suspected or confirmed.") {
                $0.suspected
            },
            gauge("sonde_leak_growth_bytes_per_second", "Growth of anonymous memory and swap, \(worst).") {
                $0.worst.slope
            },
            gauge("sonde_leak_floor_growth_bytes", "By how much the lowest use grew within the window, \(worst).") {
                $0.worst.floorGrowth
            },
            gauge("sonde_leak_exhaustion_seconds", "Time until the memory limit at this growth, \(worst) if any.") {
                $0.worst.exhaustion
            },
        ]
    }

    /// The worst processes by number.
    func processMetrics(atMost count: Int) -> [MetricFamily] {
        let worst = processes.prefix(min(max(count, 0), AgentState.maximumLeakingProcesses))
        func gauge(_ name: String, _ help: String, _ value: (LeakVerdict) -> Double?) -> MetricFamily {
            .gauge(
                name, help,
                worst.compactMap { process in
                    let labels = [
                        MetricLabel("groupname", process.group), MetricLabel("pid", String(process.number)),
                    ]
                    return value(process.verdict).map { MetricSample($0, labels) }
                })
        }
        return [
            gauge("sonde_leak_process_level", "The verdict: 1 warning, 2 suspected, 3 confirmed.") { $0.level.number },
            gauge("sonde_leak_process_growth_bytes_per_second", "Growth of anonymous memory and swap.") { $0.slope },
            gauge("sonde_leak_process_exhaustion_seconds", "Time until the memory limit at this growth.") {
                $0.exhaustion
            },
        ]
    }

    private func gauge(_ name: String, _ help: String, _ value: (Group) -> Double?) -> MetricFamily {
        .gauge(
            name, help,
            groups.compactMap { group in
                value(group).map { MetricSample($0, [MetricLabel("groupname", group.name)]) }
            })
    }
}

extension LeakVerdict {
    /// By level, of which suspected and confirmed are one here, then by the time that is left, then by growth.
    fileprivate func isWorse(than other: LeakVerdict) -> Bool {
        let (level, otherLevel) = (min(level, .suspected), min(other.level, .suspected))
        if level != otherLevel { return level > otherLevel }
        let (left, otherLeft) = (exhaustion ?? .infinity, other.exhaustion ?? .infinity)
        return left == otherLeft ? slope > other.slope : left < otherLeft
    }

    /// Seconds; `nil` without suspicion: growth that may be chance doesn't lead anywhere.
    fileprivate var exhaustion: Double? { level > .none ? secondsToLimit : nil }
}

extension LeakLevel {
    fileprivate var number: Double {
        switch self {
        case .none: 0
        case .warning: 1
        case .suspected: 2
        case .confirmed: 3
        }
    }
}
