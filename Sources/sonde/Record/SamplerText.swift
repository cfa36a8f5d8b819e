import ProcFS
import ProfileModel
import Sampling
import SystemSupport

/// Which sampler was used, and why.
struct SamplerText {
    let report: SamplerReport
    let stopBudget: Double
    let procfs: ProcFS

    var text: String { report.sampler.rawValue + why }

    private var why: String {
        switch report.reason {
        case .chosen, .usual: ""
        case .mode: ", which --mode off-cpu needs"
        case .traced(let process): ": process \(process) is already traced by another tracer"
        case .fewDescriptors(let threads):
            ": Sonde may have only \(DescriptorLimit.text), too few to poll \(NumberText.count(threads, "thread")) for ptrace "
                + "stops; \(DescriptorLimit.remedy)"
        case .fullHost(let threads):
            ": the host's CPUs are all busy, and polling \(NumberText.count(threads, "thread")) for ptrace stops would slow "
                + "them down"
        case .costlyOnFullHost(let share):
            ": the host's CPUs are all busy, and polling and stopping threads took \(NumberText.percent(share)) of them; "
                + "continued with perf_event"
        case .stopBudgetExceeded(let share): ": ptrace stops took \(over(share))"
        case .stopBudgetExceededForDepth(let share):
            ", although stops took \(over(share)): perf_event copies at most 63 KiB of a stack, too little here"
        case .stopBudgetExceededAnyway(let share, let error):
            ", although stops took \(over(share)): "
                + PerfEventAdvice(error, procfs: procfs).cause
        case .poorCoverage(let share):
            ": ptrace samples cover \(NumberText.percent(share)) of the CPU time; continued with perf_event"
        case .kernelWorker: ": threads of the kernel's own, such as io_uring's, run in the process"
        }
    }

    private func over(_ share: Double) -> String {
        "\(NumberText.percent(share)) of the time, more than the stop budget of \(NumberText.percent(stopBudget))"
    }

    /// A stable name of the reason, for programs.
    var label: String {
        switch report.reason {
        case .chosen: "chosen"
        case .usual: "default"
        case .mode: "mode"
        case .traced: "traced"
        case .fewDescriptors: "few_descriptors"
        case .fullHost: "full_host"
        case .costlyOnFullHost: "costly_on_full_host"
        case .stopBudgetExceeded: "stop_budget_exceeded"
        case .stopBudgetExceededForDepth: "stop_budget_exceeded_deep_stacks"
        case .stopBudgetExceededAnyway: "stop_budget_exceeded_perf_refused"
        case .poorCoverage: "poor_coverage"
        case .kernelWorker: "kernel_worker"
        }
    }
}
