import AgentState
import HostWatch
import MemoryTrends

/// The processes of a group together; bytes, seconds, and percent of 0 to 100.
struct GroupBody: Encodable, Sendable {
    let group: String
    let processes: Int
    @Nullable var threads: UInt64?
    @Nullable var residentBytes: UInt64?
    /// Resident memory, of the host's.
    @Nullable var percent: Double?
    @Nullable var anonymousBytes: UInt64?
    @Nullable var swapBytes: UInt64?
    @Nullable var virtualBytes: UInt64?
    @Nullable var proportionalBytes: UInt64?
    /// Of the process that is closest to its limit; `null` while none runs.
    @Nullable var limitPercent: Double?
    let cpuUserSecondsTotal: Double
    let cpuSystemSecondsTotal: Double
    /// Of one CPU, between the last two collections: 200 is two CPUs.
    @Nullable var cpuPercent: Double?
    @Nullable var openDescriptors: UInt64?
    /// Of the process that is closest to its limit; `null` while none runs.
    @Nullable var descriptorPercent: Double?
    @Nullable var diskReadBytesTotal: UInt64?
    @Nullable var diskWrittenBytesTotal: UInt64?
    @Nullable var connections: ConnectionsBody?
    /// How many processes something could not be read of, by what.
    let unreadable: [String: Int]
    let endedProcesses: UInt64
    /// The worst verdict among its processes; `null` while none is judged.
    @Nullable var leakVerdict: String?
    let unknown: UnknownFields

    init(_ group: GroupMeasurement, in state: AgentState, use: ProcessorUse?, worst: LeakLevel?) {
        var unknown = UnknownFields()
        self.group = group.name
        processes = group.processes
        threads = unknown.value(of: group.threads, "threads")
        let resident = unknown.value(of: group.resident, "resident_bytes", "percent")
        residentBytes = resident
        percent = resident.flatMap { Share.percent(Double($0), of: state.snapshot.host.memory.value?.total ?? 0) }
        anonymousBytes = unknown.value(of: group.anonymous, "anonymous_bytes")
        swapBytes = unknown.value(of: group.swap, "swap_bytes")
        virtualBytes = unknown.value(of: group.virtual, "virtual_bytes")
        proportionalBytes = unknown.value(of: group.proportional, "proportional_bytes")
        _ = unknown.value(of: group.highestLimitShare, "limit_percent")
        limitPercent = finite(group.knownLimitShare.map { $0 * 100 })
        cpuUserSecondsTotal = group.cpu.user
        cpuSystemSecondsTotal = group.cpu.system
        cpuPercent = unknown.rate(use?.groups[group.name].map { $0 * 100 }, "cpu_percent")
        openDescriptors = unknown.value(of: group.openDescriptors, "open_descriptors")
        let descriptorShare = unknown.value(of: group.highestDescriptorShare, "descriptor_percent")
        descriptorPercent = finite(group.processes > 0 ? descriptorShare.map { $0 * 100 } : nil)
        let disk = unknown.value(of: group.disk, "disk_read_bytes_total", "disk_written_bytes_total")
        diskReadBytesTotal = disk?.read
        diskWrittenBytesTotal = disk?.written
        connections = unknown.value(of: group.connections, "connections").map(ConnectionsBody.init)
        unreadable = group.unreadable
        endedProcesses = group.ended
        leakVerdict = worst?.rawValue
        self.unknown = unknown
    }

    /// The bodies of some groups of the state.
    static func bodies(
        of groups: some Sequence<GroupMeasurement>, in state: AgentState, use: ProcessorUse?
    ) -> [GroupBody] {
        let worst = worstVerdicts(in: state)
        return groups.map { GroupBody($0, in: state, use: use, worst: worst[$0.name]) }
    }

    private static func worstVerdicts(in state: AgentState) -> [String: LeakLevel] {
        var worst: [String: LeakLevel] = [:]
        for process in state.snapshot.processes {
            guard let level = state.verdicts[process.identity]?.level else { continue }
            worst[process.group] = max(worst[process.group] ?? .none, level)
        }
        return worst
    }
}
