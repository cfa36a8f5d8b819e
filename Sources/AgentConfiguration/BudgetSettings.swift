/// What the agent may use; it leaves out work before it exceeds it.
package struct BudgetSettings: Equatable, Sendable {
    /// A share of one CPU, averaged over a minute.
    package var cpuShare = 0.05
    /// Resident memory in bytes.
    package var residentBytes: UInt64 = 256 << 20

    package init() {}
}
