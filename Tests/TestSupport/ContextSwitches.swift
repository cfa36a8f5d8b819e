import Foundation

/// How often a thread has given up its CPU, by its `status` file: proc_pid_status(5).
package func voluntarySwitches(statusFile path: String) -> Int? {
    let text = try? String(contentsOfFile: path, encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
    return line?.split(separator: "\t").last.flatMap { Int($0) }
}
