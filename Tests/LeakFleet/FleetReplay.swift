import AgentState
import Alerting
import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel
import TrendFamilies

/// Plays a service and gives what a collection of it would read to the code of the agent that judges it.
struct FleetReplay {
    /// Seconds between two collections.
    static let step = 60.0
    /// Seconds that are played, and from which on they count.
    let length: Double
    let start: Double

    func play(_ kind: FleetKind, seed: UInt64, index: Int, onset: Double) -> FleetRun {
        var draw = Draw(seed: seed, family: kind.name, index: index)
        var service = kind.service(&draw, onset: onset)
        var run = FleetRun(kind: kind, start: start, onset: onset)
        var judges = AgentJudges()
        var seconds = 0.0
        while seconds <= length {
            service.advance(to: seconds, &draw)
            run.note(service, at: seconds, step: Self.step)
            for event in judges.judge(service, at: seconds) { run.note(event, judges.verdicts, at: seconds) }
            if let victim = run.victim(of: service) {
                run.killed(at: seconds)
                service.kill(victim, at: seconds, &draw)
            }
            seconds += Self.step
        }
        run.end(at: seconds)
        return run
    }
}

/// The parts of the agent that turn collections into leak alerts, in the order of `HostAgent`.
private struct AgentJudges {
    private var leaks = LeakWatch(settings: LeakWatchSettings())
    private let settings = AlertSettings()
    private var engine = AlertEngine(settings: AlertSettings(), collectionInterval: FleetReplay.step)
    /// Of all clocks, so that processes can have begun before the simulation.
    private static let epoch = 1e6

    var verdicts: [ProcessIdentity: LeakVerdict] { leaks.verdicts }

    mutating func judge(_ service: any FleetService, at seconds: Double) -> [AlertEvent] {
        let snapshot = HostSnapshot(service, at: Self.epoch + seconds, epoch: Self.epoch)
        leaks.observe(snapshot)
        let observations = AlertObservations(
            snapshot, processorUse: nil, verdicts: leaks.verdicts, pools: [], settings: settings)
        return engine.evaluate(
            observations.all.filter { $0.type == .leak }, at: (snapshot.time.monotonic, snapshot.time.wall))
    }
}

extension HostSnapshot {
    fileprivate init(_ service: any FleetService, at seconds: Double, epoch: Double) {
        let all = service.processes.reduce(0) { $0 + $1.memory }
        let room = MemoryRoom.shared(UInt64(max(0, service.limit - all)))
        let processes = service.processes.map { process in
            ProcessMeasurement(process, limit: service.limit, room: room, epoch: epoch)
        }
        self.init(
            time: WatchTime(monotonic: seconds, wall: 1_700_000_000 + seconds),
            host: HostMeasurement(
                memory: .notRead, cpu: .notRead, cpuCount: 8, disk: .notRead, network: .notRead, loadAverage: .notRead),
            processes: processes, groups: [], droppedProcesses: 0, mergedProcesses: 0,
            cost: CollectionCost(cpuSeconds: 0, wallSeconds: 0, vanished: 0, hidden: 0, degraded: []))
    }
}

extension ProcessMeasurement {
    fileprivate init(_ process: FleetProcess, limit: Double, room: MemoryRoom, epoch: Double) {
        let bytes = UInt64(max(0, process.memory) / 4096) * 4096
        self.init(
            identity: ProcessIdentity(
                process: ProcessID(rawValue: process.number), startTicks: UInt64((epoch + process.startedAt) * 100)),
            group: "service", command: process.command, user: 1000, startedAt: epoch + process.startedAt,
            memory: ProcessMemory(
                resident: bytes, anonymous: bytes, swap: .value(0), virtual: bytes, proportional: .notRead,
                limit: MemoryLimit(bytes: UInt64(limit), source: .cgroup), room: room),
            cpu: ProcessorTimes(user: process.cpu, system: 0), threads: 1, descriptors: .notRead, disk: .notRead,
            connections: .value(ConnectionCounts(byState: [.established: process.connections], byRemote: [:])))
    }
}
