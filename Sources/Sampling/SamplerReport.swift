package import PerfEvents
package import ProfileModel

/// Who takes the stacks of running threads.
package enum SamplerKind: String, Hashable, Sendable, CaseIterable {
    /// Stops a thread for microseconds, and copies its registers and stack.
    case ptrace
    /// Has the kernel copy them at a timer's interrupt, or as the thread leaves its CPU, by perf_event_open(2).
    case perf
}

/// Which sampler a recording used, and why.
package struct SamplerReport: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// It was asked for.
        case chosen
        /// Nothing spoke for the other one.
        case usual
        /// The mode needs events.
        case mode
        /// A debugger or another tracer has the process, which can have one tracer only.
        case traced(ProcessID)
        /// The processes had so many threads, whose files could not all be kept open.
        case fewDescriptors(threads: Int)
        /// The host's CPUs were all taken, and the processes had so many threads.
        case fullHost(threads: Int)
        /// The host's CPUs were all taken, and stopping and polling threads took this share of them, 0 to 1.
        case costlyOnFullHost(share: Double)
        /// Stops took the target for a greater share of the time (0 to 1) than the budget.
        case stopBudgetExceeded(share: Double)
        /// So did it here, and there are stacks that are deeper than what events copy.
        case stopBudgetExceededForDepth(share: Double)
        /// So did it here, and events were refused.
        case stopBudgetExceededAnyway(share: Double, PerfEventError)
        /// The samples that stops gave stood for this part of the CPU time only, 0 to 1.
        case poorCoverage(share: Double)
        /// A thread of the kernel's own in the process ran, whose stack stops don't show.
        case kernelWorker
    }

    package var sampler: SamplerKind
    package var reason: Reason
    /// Whether nothing was seen of threads while they were in the kernel, because that is not permitted.
    package var omitsKernel = false
}
