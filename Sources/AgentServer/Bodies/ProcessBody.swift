import AgentState
import HostWatch
import MemoryTrends
import ProfileModel

/// One process; bytes, seconds, and percent of 0 to 100.
struct ProcessBody: Encodable, Sendable {
    let pid: Int32
    /// Start after boot in clock ticks: with `pid` it names a process for good.
    let startTicks: UInt64
    /// Seconds since 1970.
    @Nullable var startedAt: Double?
    let group: String
    let command: String
    let uid: UInt32
    let threads: UInt64
    let residentBytes: UInt64
    let anonymousBytes: UInt64
    @Nullable var swapBytes: UInt64?
    let virtualBytes: UInt64
    @Nullable var proportionalBytes: UInt64?
    /// `null` until it was read.
    @Nullable var limitBytes: UInt64?
    /// `cgroup` or `host`.
    @Nullable var limitSource: String?
    /// Anonymous memory and swap, of the limit.
    @Nullable var limitPercent: Double?
    let cpuUserSecondsTotal: Double
    let cpuSystemSecondsTotal: Double
    /// Of one CPU, between the last two collections: 200 is two CPUs.
    @Nullable var cpuPercent: Double?
    @Nullable var openDescriptors: UInt64?
    /// `null` as well when there is none.
    @Nullable var descriptorLimit: UInt64?
    @Nullable var diskReadBytesTotal: UInt64?
    @Nullable var diskWrittenBytesTotal: UInt64?
    @Nullable var connections: ConnectionsBody?
    /// `null` until it is watched for long enough.
    @Nullable var leak: LeakBody?
    let unknown: UnknownFields

    init(_ process: ProcessMeasurement, in state: AgentState, use: ProcessorUse?) {
        var unknown = UnknownFields()
        let (memory, now) = (process.memory, state.snapshot.time)
        pid = process.identity.process.rawValue
        startTicks = process.identity.startTicks
        startedAt = finite(now.wall - (now.monotonic - process.startedAt))
        group = process.group
        command = process.command
        uid = process.user
        threads = process.threads
        residentBytes = memory.resident
        anonymousBytes = memory.anonymous
        swapBytes = unknown.value(of: memory.swap, "swap_bytes")
        virtualBytes = memory.virtual
        proportionalBytes = unknown.value(of: memory.proportional, "proportional_bytes")
        let limit = unknown.value(of: memory.knownLimit, "limit_bytes", "limit_source")
        limitBytes = limit?.bytes
        limitSource = limit?.source.rawValue
        limitPercent = unknown.value(of: memory.knownLimitShare, "limit_percent").map { $0 * 100 }
        cpuUserSecondsTotal = process.cpu.user
        cpuSystemSecondsTotal = process.cpu.system
        cpuPercent = unknown.rate(use?.processes[process.identity].map { $0 * 100 }, "cpu_percent")
        let descriptors = unknown.value(of: process.descriptors, "open_descriptors", "descriptor_limit")
        openDescriptors = descriptors?.open
        descriptorLimit = descriptors?.limit
        let disk = unknown.value(of: process.disk, "disk_read_bytes_total", "disk_written_bytes_total")
        diskReadBytesTotal = disk?.read
        diskWrittenBytesTotal = disk?.written
        connections = unknown.value(of: process.connections, "connections").map(ConnectionsBody.init)
        leak = state.verdicts[process.identity].map(LeakBody.init)
        self.unknown = unknown
    }
}

/// TCP connections: how many by state, and the established ones by remote endpoint.
struct ConnectionsBody: Encodable, Sendable {
    let byState: [String: Int]
    let byRemote: [String: Int]

    init(_ counts: ConnectionCounts) {
        byState = Dictionary(counts.byState.map { ($0.key.name, $0.value) }, uniquingKeysWith: +)
        byRemote = counts.byRemote
    }
}
