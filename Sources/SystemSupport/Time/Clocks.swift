import Glibc

/// The kernel's clock ticks, in which it counts the CPU time and start of processes.
package enum Clocks {
    package static let ticksPerSecond = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))

    package static func seconds(ofTicks ticks: UInt64) -> Double { Double(ticks) / ticksPerSecond }
}
