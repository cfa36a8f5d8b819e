import Foundation

/// How often the thread that samples has slept, in a process that records; 0 before there is one.
package func samplerSleeps(in process: Int32) -> Int {
    let tasks = "/proc/\(process)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    let samplers = threads.filter { thread in
        let name = try? String(contentsOfFile: "\(tasks)/\(thread)/comm", encoding: .utf8)
        return name == "sonde-sampler\n" || name == "sonde-stops\n"
    }
    return samplers.compactMap { voluntarySwitches(statusFile: "\(tasks)/\($0)/status") }.max() ?? 0
}

/// How often a thread has given up its CPU, by its `status` file: proc_pid_status(5).
package func voluntarySwitches(statusFile path: String) -> Int? {
    let text = try? String(contentsOfFile: path, encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
    return line?.split(separator: "\t").last.flatMap { Int($0) }
}

/// How long a thread has run on CPUs, in nanoseconds, by its `schedstat` file; of a process, how long its first thread has.
package func processorNanoseconds(schedstatFile path: String) throws -> Double {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return text.split(separator: " ").first.flatMap { Double($0) } ?? 0
}
