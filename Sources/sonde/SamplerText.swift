import ProcFS
import ProfileModel
import Sampling

/// Says which sampler was used, and why.
struct SamplerText {
    let report: SamplerReport
    let holdBudget: Double
    let procfs: ProcFS

    var text: String {
        let kernel = report.omitsKernel ? "; without the kernel's time and stacks, which are not permitted" : ""
        return report.sampler.rawValue + why + kernel
    }

    private var why: String {
        switch report.reason {
        case .chosen, .usual: ""
        case .mode: ", which off-CPU time needs"
        case .traced(let process): ": process \(process) is traced by somebody else already"
        case .heldTooLong(let share): ": stops would hold the target for \(over(share))"
        case .heldTooLongForDepth(let share):
            ", though it held the target for \(over(share)): perf events copy 63 KiB of a stack, which is not enough here"
        case .heldTooLongAnyway(let share, let error):
            ", though it held the target for \(over(share)): "
                + PerfEventAdvice(error, procfs: procfs).cause
        case .poorCoverage(let share):
            ": stops found the target at work in \(NumberText.percent(share)) of its CPU time only"
        }
    }

    private func over(_ share: Double) -> String {
        "\(NumberText.percent(share)) of the time, over the budget of \(NumberText.percent(holdBudget))"
    }

    /// A stable name of the reason, for programs.
    var label: String {
        switch report.reason {
        case .chosen: "chosen"
        case .usual: "usual"
        case .mode: "mode"
        case .traced: "traced"
        case .heldTooLong: "held_too_long"
        case .heldTooLongForDepth: "held_too_long_deep_stacks"
        case .heldTooLongAnyway: "held_too_long_perf_refused"
        case .poorCoverage: "poor_coverage"
        }
    }
}
