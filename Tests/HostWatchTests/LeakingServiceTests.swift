import HostWatch
import MemoryTrends
import ProfileModel
import Testing

/// Verdicts on a process next to other processes of its service.
@Suite struct LeakingServiceTests {
    /// Processes that are read once a minute.
    private struct Scene {
        var leaks = LeakWatch(settings: LeakWatchSettings())
        private var minutes = 0.0

        var verdicts: [Int32: LeakVerdict] {
            Dictionary(uniqueKeysWithValues: leaks.verdicts.map { ($0.key.process.rawValue, $0.value) })
        }

        /// - Parameter mebibytes: of each process by number, by the minutes that have passed.
        mutating func collect(
            hours: Double, command: String = "worker", _ mebibytes: [Int32: (Double) -> Double]
        ) {
            let start = minutes
            while minutes < start + hours * 60 {
                let processes = mebibytes.sorted { $0.key < $1.key }.map { number, memory in
                    ProcessMeasurement.of(
                        number, command: command, startedAt: start * 60, mebibytes: memory(minutes - start))
                }
                leaks.observe(.of(processes, at: minutes * 60))
                minutes += 1
            }
        }
    }

    /// Grows by 100 MiB an hour, to 1 GiB in half a day.
    private static func growing(_ minutes: Double) -> Double { 100 + 100 * minutes / 60 }

    @Test func growthIsSuspectedOnceItsWindowIsLongEnoughForTheTimeThatIsLeft() throws {
        var scene = Scene()
        scene.collect(hours: 2, [1: Self.growing])
        let early = try #require(scene.verdicts[1])
        #expect(early.level == .warning && early.findings.contains(.unproven), "\(early)")
        var longer = Scene()
        longer.collect(hours: 12, [1: Self.growing])
        #expect(try #require(longer.verdicts[1]).level >= .suspected)
    }

    @Test func whatAnEarlierProcessCameToIsExpectedOfTheNext() throws {
        var scene = Scene()
        scene.collect(hours: 30, [1: { min(1300, Self.growing($0)) }])
        scene.collect(hours: 12, [2: Self.growing])
        let verdict = try #require(scene.verdicts[2])
        #expect(verdict.level == .none && verdict.findings == [.expected], "\(verdict)")
        #expect(verdict.evidence.hasSuffix("no more than other processes of the service used"), "\(verdict)")
        var other = Scene()
        other.collect(hours: 30, [1: { min(1300, Self.growing($0)) }])
        other.collect(hours: 12, command: "another", [2: Self.growing])
        #expect(try #require(other.verdicts[2]).level >= .suspected)
    }

    @Test func growthBeyondWhatEarlierProcessesCameToIsSuspected() throws {
        var scene = Scene()
        scene.collect(hours: 30, [1: { min(600, Self.growing($0)) }])
        scene.collect(hours: 12, [2: Self.growing])
        #expect(try #require(scene.verdicts[2]).level >= .suspected)
    }

    @Test func siblingsThatUseMoreAndDoNotGrowSpeakAgainstALeakAndOthersDoNot() throws {
        var scene = Scene()
        scene.collect(hours: 12, [1: Self.growing, 2: { _ in 1500 }])
        #expect(try #require(scene.verdicts[1]).findings == [.expected])
        var flat = Scene()
        flat.collect(hours: 12, [1: Self.growing, 2: { _ in 300 }])
        #expect(try #require(flat.verdicts[1]).level >= .suspected)
        var rising = Scene()
        rising.collect(hours: 12, [1: Self.growing, 2: { 500 + Self.growing($0) }])
        #expect(try #require(rising.verdicts[1]).level >= .suspected)
    }

    /// The kernel has killed it, or its supervisor has before that.
    @Test func aProcessThatFilledItsMemoryIsNoModel() throws {
        var scene = Scene()
        scene.collect(hours: 12, [1: { min(1990, 800 + Self.growing($0)) }])
        scene.collect(hours: 12, [2: Self.growing])
        #expect(try #require(scene.verdicts[2]).level >= .suspected)
    }

    @Test func whatIsKnownOfServicesGoesOnInALaterRun() throws {
        var first = Scene()
        first.collect(hours: 30, [1: { min(1300, Self.growing($0)) }])
        first.collect(hours: 0.1, [2: Self.growing])
        let known = first.leaks.takeChangedServices()
        #expect(known.map(\.key) == [ServiceKey(group: "service", command: "worker")])
        #expect(first.leaks.takeChangedServices().isEmpty)
        var second = Scene()
        for (service, memory) in known { second.leaks.resume(service, memory) }
        second.collect(hours: 12, [3: Self.growing])
        #expect(try #require(second.verdicts[3]).findings == [.expected])
    }

    @Test func aResetForgetsReadingsAndNotServices() throws {
        var scene = Scene()
        scene.collect(hours: 30, [1: { min(1300, Self.growing($0)) }])
        scene.collect(hours: 0.1, [2: Self.growing])
        scene.leaks.reset()
        #expect(scene.verdicts.isEmpty)
        scene.collect(hours: 12, [3: Self.growing])
        #expect(try #require(scene.verdicts[3]).findings == [.expected])
    }
}

extension ProcessMeasurement {
    fileprivate static func of(
        _ number: Int32, command: String, startedAt: Double, mebibytes: Double
    ) -> ProcessMeasurement {
        let bytes = UInt64(mebibytes * 1_048_576)
        let limit: UInt64 = 2 << 30
        return ProcessMeasurement(
            identity: ProcessIdentity(process: ProcessID(rawValue: number), startTicks: UInt64(startedAt * 100)),
            group: "service", command: command, user: 0, startedAt: startedAt,
            memory: ProcessMemory(
                resident: bytes, anonymous: bytes, swap: .value(0), virtual: bytes, proportional: .notRead,
                limit: MemoryLimit(bytes: limit, source: .cgroup), room: .shared(limit - bytes)),
            cpu: ProcessorTimes(user: 0, system: 0), threads: 1, descriptors: .notRead, disk: .notRead,
            connections: .notRead)
    }
}

extension HostSnapshot {
    fileprivate static func of(_ processes: [ProcessMeasurement], at seconds: Double) -> HostSnapshot {
        HostSnapshot(
            time: WatchTime(monotonic: seconds, wall: 1_700_000_000 + seconds),
            host: HostMeasurement(
                memory: .notRead, cpu: .notRead, cpuCount: 1, disk: .notRead, network: .notRead, loadAverage: .notRead),
            processes: processes, groups: [], droppedProcesses: 0, mergedProcesses: 0,
            cost: CollectionCost(cpuSeconds: 0, wallSeconds: 0, vanished: 0, hidden: 0, degraded: []))
    }
}
