import Glibc
import MemoryTrends
import ProcFS
import ProfileModel

/// A process whose memory is read again and again.
final class WatchedProcess {
    let process: ProcessID
    let name: String
    private let directory: ProcessDirectory
    private let statm: StatmFile
    private var floors: MemoryFloors
    private var buffer: [UInt8] = []
    private(set) var latest: Reading?
    private(set) var hasEnded = false

    struct Reading {
        /// Seconds since the watch began.
        let elapsed: Double
        /// Seconds since 1970.
        let wall: Double
        let resident: UInt64
        let anonymous: UInt64
        /// Seconds since the process began.
        let cpu: Double
        /// A share of one CPU since the reading before.
        let cpuShare: Double?
    }

    init(_ process: ProcessID, _ procfs: ProcFS, windows: [Double]) throws(CommandFailure) {
        self.process = process
        name = ProcessTitle.name(of: [process], procfs)
        floors = MemoryFloors(criteria: LeakCriteria(windows: windows))
        do {
            directory = try procfs.process(process)
            statm = try StatmFile(of: directory)
        } catch {
            throw CommandFailure("can't read process \(process): \(error)")
        }
    }

    /// The verdict as of the latest reading.
    var verdict: LeakVerdict { floors.verdict(startOfLife: nil, limit: nil) }

    /// Reads; once the process has ended, the latest reading stays.
    func look(at elapsed: Double) {
        guard !hasEnded else { return }
        guard let memory = try? statm.read(using: &buffer), let stat = try? directory.stat(), stat.state != .zombie
        else {
            hasEnded = true
            return
        }
        let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))
        let resident = memory.residentPages &* page
        let anonymous = resident - min(resident, memory.sharedPages &* page)
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let cpu = Double(stat.userTicks &+ stat.systemTicks) / ticks
        let share = latest.map { (cpu - $0.cpu) / max(elapsed - $0.elapsed, 1e-3) }
        latest = Reading(
            elapsed: elapsed, wall: Self.wallSeconds, resident: resident, anonymous: anonymous, cpu: cpu,
            cpuShare: share)
        floors.add(MemoryReading(seconds: elapsed, bytes: anonymous))
    }

    private static var wallSeconds: Double {
        var now = timespec()
        // Safe: the call only fills the structure.
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}
