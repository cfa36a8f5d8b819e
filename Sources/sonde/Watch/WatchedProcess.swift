import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel

/// A process whose memory is read at each interval.
final class WatchedProcess {
    let process: ProcessID
    let name: String
    private let directory: ProcessDirectory
    private let procfs: ProcFS
    private var floors: MemoryFloors
    private var buffer: [UInt8] = []
    private(set) var latest: Reading?
    /// `nil` where it is unknown.
    private(set) var limit: MemoryLimit?
    private(set) var room = MemoryRoom.unknown
    private var nextLimitReading = 0.0
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
        /// Seconds since the process began.
        let cpu: Double
        /// A share of one CPU since the reading before.
        let cpuShare: Double?

        /// What leaks fill: anonymous memory, in RAM and swapped out.
        var leakable: UInt64 { anonymous &+ (swap ?? 0) }
    }

    init(_ process: ProcessID, _ procfs: ProcFS, windows: [Double]) throws(CommandFailure) {
        self.process = process
        self.procfs = procfs
        name = ProcessTitle.name(of: [process], procfs)
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

    /// The verdict as of the latest reading.
    var verdict: LeakVerdict { floors.verdict(startOfLife: nil, limit: limit?.bytes, room: room) }

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
        let reading = Reading(
            elapsed: elapsed, wall: WatchTime.now.wall, resident: resident, anonymous: anonymous,
            swap: memory.swapBytes, cpu: cpu, cpuShare: share)
        latest = reading
        floors.add(MemoryReading(seconds: elapsed, bytes: reading.leakable))
    }
}
