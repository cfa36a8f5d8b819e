package import ProcFS
internal import ProfileModel
package import SystemSupport

/// Opens the perf map of a process, in which its runtime names the code that it generates; nothing of it is read.
package enum PerfMapFile {
    /// `/tmp/perf-PID.map`, where the process itself sees it, by the number that the process has there; `nil` where it has
    /// none.
    ///
    /// Everybody can write to `/tmp`: only a file of the process's own user, or of root, is its perf map, and no link leads
    /// to a file of another name. One that was written last before the process's program began is of an earlier process of
    /// that number, as containers number theirs alike.
    ///
    /// - Parameter start: when the process executed its program, at the earliest; `nil` where it was not seen to.
    package static func open(of directory: borrowing ProcessDirectory, since start: MonotonicTime?) -> OwnedDescriptor?
    {
        guard let number = try? directory.status().namespaceIDs.last,
            let user = try? directory.effectiveUser(),
            let root = try? directory.open("root", flags: OwnedDescriptor.place)
        else { return nil }
        let name = "/perf-\(number).map"
        guard let file = try? TargetFile.open("/tmp\(name)", below: root, where: { $0.hasSuffix(name) }),
            let status = try? file.status(), status.owner == user || status.owner == 0,
            let modified = status.modified, modified.addingGranularity >= programStart(of: directory, start)
        else { return nil }
        return file
    }

    /// When the program began, in UTC nanoseconds since 1970 by the present clock.
    private static func programStart(of directory: borrowing ProcessDirectory, _ start: MonotonicTime?) -> UInt64 {
        let age: UInt64
        if let start {
            age = MonotonicTime.now.since(start)
        } else {
            guard let ticks = try? directory.stat().startTicks else { return .max }
            let started = Clocks.seconds(ofTicks: ticks)
            age = UInt64(max(0, SystemClock.boot.seconds - started) * 1e9)
        }
        let now = SystemClock.wall.nanoseconds
        return now - min(age, now)
    }
}

extension UInt64 {
    /// The latest time at which a file was written whose time of the last write, in nanoseconds, this is: the kernel takes
    /// those times, and the times at which processes start, at ticks.
    fileprivate var addingGranularity: UInt64 { self &+ 20_000_000 }
}
