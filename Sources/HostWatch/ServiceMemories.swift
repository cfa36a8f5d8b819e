import MemoryTrends
import ProfileModel

/// Processes that do the same: what one of them needs, another may be expected to need.
package struct ServiceKey: Hashable, Sendable {
    package let group: String
    /// `comm`: hostile text.
    package let command: String

    /// Services that are remembered; of more, those that ran last.
    package static let most = 4096

    package init(group: String, command: String) { (self.group, self.command) = (group, command) }

    init(_ process: ProcessMeasurement) { self.init(group: process.group, command: process.command) }
}

/// A process that has ended, as its service remembers it.
struct EndedLife {
    let service: ServiceKey
    let curve: LifeCurve
    /// Whether it was seen from its start on.
    let isWhole: Bool
}

/// What is known of each service: its earlier lives, and the processes that run now.
struct ServiceMemories: Sendable {
    /// Of the processes of a service whose growth has ended, the two highest levels.
    private struct Living {
        var highest: (level: UInt64, process: ProcessIdentity)
        var second: UInt64 = 0

        mutating func add(_ level: UInt64, _ process: ProcessIdentity) {
            if level > highest.level {
                (second, highest) = (highest.level, (level, process))
            } else {
                second = max(second, level)
            }
        }

        func highest(besides process: ProcessIdentity) -> UInt64 {
            highest.process == process ? second : highest.level
        }
    }

    private var memories: [ServiceKey: ServiceMemory] = [:]
    private var changed: Set<ServiceKey> = []
    private var living: [ServiceKey: Living] = [:]

    mutating func resume(_ service: ServiceKey, _ memory: ServiceMemory) {
        guard memory.isValid, memories.count < ServiceKey.most else { return }
        memories[service] = memory
    }

    mutating func takeChanged() -> [ServiceKey: ServiceMemory] {
        defer { changed = [] }
        return changed.reduce(into: [:]) { $0[$1] = memories[$1] }
    }

    mutating func add(_ life: EndedLife, at wall: Double) {
        // Of a process that ran for less than a block of time, nothing is known.
        guard !life.curve.levels.isEmpty else { return }
        memories[life.service, default: ServiceMemory()].add(life.curve, isWhole: life.isWhole, at: wall)
        changed.insert(life.service)
        guard memories.count > ServiceKey.most, let oldest = memories.min(by: { $0.value.day < $1.value.day }) else {
            return
        }
        memories[oldest.key] = nil
        changed.remove(oldest.key)
    }

    /// Forgets the processes that were noted.
    mutating func forgetLiving() { living.removeAll(keepingCapacity: true) }

    /// Notes a running process whose growth has ended.
    mutating func noteLiving(_ process: ProcessIdentity, of service: ServiceKey, _ level: UInt64) {
        living[service, default: Living(highest: (0, process))].add(level, process)
    }

    /// The level that a process of an age in seconds may be expected to have, in bytes; 0 where nothing is known.
    func expected(atAge age: Double, of process: ProcessMeasurement) -> UInt64 {
        let service = ServiceKey(process)
        let siblings = living[service]?.highest(besides: process.identity) ?? 0
        return max(memories[service]?.expected(atAge: age) ?? 0, siblings)
    }
}
