import HostWatch
import MemoryTrends
import ProfileModel
import SeriesStore
import TestSupport
import Testing

@testable import Agent

/// What the leak watch knows of services, in the store.
@Suite struct ServiceStorageTests {
    private let directory: TemporaryDirectory
    private static let service = ServiceKey(group: "web.service", command: "worker\0\u{202E}")

    init() throws { directory = try TemporaryDirectory() }

    private func store() -> ResilientStore {
        ResilientStore(directory: directory.path + "/state", retention: RetentionSettings())
    }

    /// Of a process that came to 1 GiB in a day.
    private var memory: ServiceMemory {
        var (life, memory) = (LifeCurve(), ServiceMemory())
        for minute in 0..<1440 { life.add(MemoryReading(seconds: Double(minute) * 60, bytes: 1 << 30)) }
        memory.add(life, isWhole: true, at: 1_700_000_000)
        return memory
    }

    /// A leak watch after a restart that has seen a process grow from 100 to 900 MiB in 12 hours.
    private func verdict(from store: ResilientStore) -> LeakVerdict? {
        var leaks = LeakWatch(settings: LeakWatchSettings())
        var writer = SeriesWriter(store: store, bootID: "boot")
        writer.resume(&leaks, now: WatchTime(monotonic: 0, wall: 1_700_000_000))
        for minute in 0..<720 {
            leaks.observe(.collected(at: Double(minute) * 60, Self.service, mebibytes: 100 + minute * 10 / 9))
        }
        return leaks.verdicts.values.first
    }

    @Test func `What is known of a service goes on after a restart`() async throws {
        #expect(try #require(verdict(from: store())).level >= .suspected)
        let first = store()
        SeriesWriter(store: first, bootID: "boot").write([Self.service: memory])
        await first.close()
        #expect(try #require(verdict(from: store())).findings == [.expected])
    }

    @Test(arguments: ["", "{}", "[1]", #"{"plateaus":[1],"recent":[],"earlier":[],"day":1}"#])
    func `What another version wrote otherwise is left alone`(json: String) async throws {
        let store = store()
        store.save([StoredService(group: Self.service.group, command: Self.service.command, json: json)])
        store.settle()
        #expect(try #require(verdict(from: store)).level >= .suspected)
    }
}

extension HostSnapshot {
    fileprivate static func collected(at seconds: Double, _ service: ServiceKey, mebibytes: Int) -> HostSnapshot {
        let (bytes, limit) = (UInt64(mebibytes) << 20, UInt64(2) << 30)
        let memory = ProcessMemory(
            resident: bytes, anonymous: bytes, swap: .value(0), virtual: bytes, proportional: .notRead,
            limit: MemoryLimit(bytes: limit, source: .cgroup), room: .shared(limit - bytes))
        let process = ProcessMeasurement(
            identity: ProcessIdentity(process: ProcessID(rawValue: 7), startTicks: 1), group: service.group,
            command: service.command, user: 0, startedAt: 0, memory: memory, cpu: ProcessorTimes(user: 0, system: 0),
            threads: 1, descriptors: .notRead, disk: .notRead, connections: .notRead)
        return HostSnapshot(
            time: WatchTime(monotonic: seconds, wall: 1_700_000_000 + seconds),
            host: HostMeasurement(
                memory: .notRead, cpu: .notRead, cpuCount: 1, disk: .notRead, network: .notRead, loadAverage: .notRead),
            processes: [process], groups: [], droppedProcesses: 0, mergedProcesses: 0,
            cost: CollectionCost(cpuSeconds: 0, wallSeconds: 0, vanished: 0, hidden: 0, degraded: []))
    }
}
