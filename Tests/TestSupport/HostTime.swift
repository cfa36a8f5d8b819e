import Foundation

/// What the host has counted since its start.
package enum HostTime {
    /// The time, in seconds, that hypervisors took from all CPUs: proc_stat(5).
    ///
    /// It passes while a thread has its CPU, and is no CPU time of the thread.
    package static func stolenSeconds() throws -> Double {
        let stat = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
        let fields = stat.prefix { $0 != "\n" }.split(separator: " ")
        guard fields.count > 8, let ticks = Double(fields[8]) else { return 0 }
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
