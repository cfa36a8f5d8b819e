import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel
import SystemSupport

/// A process whose memory is read at each interval.
final class WatchedProcess {
    let process: ProcessID
    let described: DescribedProcess
    /// When the watch began.
    let start: UTCTimestamp
    /// Seconds of the shortest window that is judged.
    let shortestWindow: Double
    private let directory: ProcessDirectory
    private let procfs: ProcFS
    private var floors: MemoryFloors
    private var buffer: [UInt8] = []
    private(set) var latest: Reading?
    /// Seconds from the beginning of the watch to the first reading.
    private var firstElapsed: Double?
    /// `nil` where it is unknown.
    private(set) var limit: MemoryLimit?
    private(set) var room = MemoryRoom.unknown
    private var nextLimitReading = 0.0
    private var composition = WatchedComposition()
    private(set) var hasEnded = false

    /// Seconds between two readings of the limit and of what is left below it.
    private static let limitInterval = 5.0

    struct Reading {
        /// Seconds since the watch began.
        let elapsed: Double
        /// Seconds since 1970.
        let wall: Double
        let resident: UInt64
        let anonymous: UInt64
        /// `nil` where the kernel doesn't report it.
        let swap: UInt64?
        /// What leaks fill.
        let leakable: UInt64
        /// What was freed lazily and is not in it.
        let lazilyFreed: UInt64?
        /// Seconds since the process began.
        let cpu: Double
        /// A share of one CPU since the reading before.
        let cpuShare: Double?
    }

    /// - Parameter windows: seconds, the shortest first.
    init(_ process: ProcessID, _ procfs: ProcFS, windows: [Double], start: UTCTimestamp) throws(CommandFailure) {
        self.process = process
        self.procfs = procfs
        self.start = start
        shortestWindow = windows.first ?? 0
        described = DescribedProcess(process, in: procfs)
        floors = MemoryFloors(criteria: LeakCriteria(windows: windows))
        let status: MemoryStatus
        do {
            directory = try procfs.process(process)
            status = try directory.memoryStatus(using: &buffer)
        } catch {
            throw CommandFailure("can't read process \(process): \(error)")
        }
        guard status.anonymousBytes != nil else {
            throw CommandFailure("process \(process) has no memory: it has ended; watch another")
        }
    }

    var name: String { described.name ?? "process" }

    /// Seconds between the first reading and the latest.
    var observedSeconds: Double? {
        guard let firstElapsed, let latest else { return nil }
        return latest.elapsed - firstElapsed
    }

    /// The verdict as of the latest reading.
    var verdict: LeakVerdict {
        var verdict = floors.verdict(startOfLife: nil, limit: limit?.bytes, room: room)
        if let freed = latest?.lazilyFreed {
            verdict.evidence += ", without \(NumberText.bytes(freed)) that was freed lazily (MADV_FREE)"
        }
        return verdict
    }

    /// Reads; once the process has ended, the latest reading stays.
    func read(at elapsed: Double) {
        guard !hasEnded else { return }
        guard let memory = try? directory.memoryStatus(using: &buffer), let anonymous = memory.anonymousBytes,
            let stat = try? directory.stat(), stat.state != .zombie
        else {
            hasEnded = true
            return
        }
        if elapsed >= nextLimitReading {
            let found = try? MemoryLimit.read(of: directory, in: procfs)
            (limit, room) = (found?.limit, found?.room ?? .unknown)
            nextLimitReading = elapsed + Self.limitInterval
        }
        let resident = stat.residentPages &* pageBytes
        let cpu = Clocks.seconds(ofTicks: stat.userTicks &+ stat.systemTicks)
        let share = latest.map { (cpu - $0.cpu) / max(elapsed - $0.elapsed, 1e-3) }
        composition.read(directory, memory, resident: resident, at: elapsed)
        let measured = ProcessMemory(
            resident: resident, anonymous: anonymous, swap: memory.swapBytes.map(Known.value) ?? .notOffered,
            virtual: stat.virtualBytes, proportional: .notRead, pageTables: memory.pageTableBytes ?? 0,
            composition: composition.known, memoryFiles: composition.files,
            limit: limit ?? MemoryLimit(bytes: 0, source: .host))
        let reading = Reading(
            elapsed: elapsed, wall: WatchTime.now.wall, resident: resident, anonymous: anonymous,
            swap: memory.swapBytes, leakable: measured.leakable, lazilyFreed: measured.lazilyFreed, cpu: cpu,
            cpuShare: share)
        latest = reading
        firstElapsed = firstElapsed ?? elapsed
        floors.add(MemoryReading(seconds: elapsed, bytes: reading.leakable))
    }
}
