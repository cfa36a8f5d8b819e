internal import MemoryTrends
internal import ProfileModel
internal import Sampling
internal import SystemSupport

/// The lines at the top: what is sampled, how good sampling is, and memory.
struct HeadLines {
    private typealias Part = ScreenLine.Part

    private let model: LiveModel
    private let columns: Int

    init(_ model: LiveModel) {
        self.model = model
        columns = model.size.columns
    }

    private var history: LiveHistory { model.history }

    var all: [ScreenLine] {
        flowed(title, limit: 2) + flowed(quality, limit: 2) + flowed(memory, limit: 2)
    }

    private func flowed(_ parts: [Part], limit: Int) -> [ScreenLine] {
        Array(ScreenLine.flowing(parts, gap: 2, columns: columns).prefix(limit))
    }

    private var title: [Part] {
        var parts: [Part] = [(printable(model.target.title), .strong)]
        if model.hasEnded { parts.append(("ENDED", .alarm)) }
        if model.isPaused { parts.append(("PAUSED", .warning)) }
        let filter = printable(model.filter.text)
        if !filter.isEmpty { parts.append(("filter: \(filter)", .warning)) }
        if let share = model.memory?.cpuShare { parts.append(("CPU \(NumberText.percent(share))", .plain)) }
        let sampler = model.sampler.map { ", \($0.rawValue)" } ?? ""
        parts.append(("\(model.target.mode.rawValue)\(sampler), \(model.target.rate) Hz", .quiet))
        return parts
    }

    // MARK: - How good sampling is

    private var quality: [Part] {
        let ledger = history.ledger
        let span = NumberText.duration(nanoseconds: history.allNanoseconds)
        var parts: [Part] = [("\(NumberText.count(history.samples, "sample")) in \(span)", .plain)]
        if let coverage { parts.append(coverage) }
        let truncated = history.truncatedSamples.share(of: history.samples)
        parts.append(("\(shareText(truncated)) truncated", truncated > 0.05 ? .warning : .plain))
        let lost = ledger.losses.total
        let cause = LossText(ledger.losses).mainReason.map { " (\($0.rawValue))" } ?? ""
        let isMuch = Double(lost) > 0.05 * Double(history.samples + lost)
        parts.append(("\(NumberText.grouped(lost)) lost\(cause)", isMuch ? .warning : .plain))
        parts.append(("stopped \(shareText(ledger.stoppedShare))", .plain))
        let own = history.ownNanoseconds.share(of: history.allNanoseconds)
        parts.append(("sonde \(NumberText.percent(own)) CPU", .quiet))
        // What is wrong comes first, as the last parts may find no room.
        return parts.filter { $0.role == .warning } + parts.filter { $0.role != .warning }
    }

    /// The part of the CPU time that samples stand for; `nil` where that isn't known.
    private var coverage: Part? {
        let ledger = history.ledger
        guard ledger.times[.processor] > 0, model.target.mode == .cpu else { return nil }
        let share = ledger.times[.covered].share(of: ledger.times[.processor])
        let text = "cover \(NumberText.percent(share)) of CPU time"
        guard ledger.coverageDeviation != nil else { return (text, .plain) }
        return (text + (model.sampler == .ptrace ? ": try --sampler perf" : ""), .warning)
    }

    // MARK: - Memory

    private var memory: [Part] {
        guard let memory = model.memory else { return [] }
        var parts: [Part] = [
            ("memory \(NumberText.bytes(memory.resident)) resident", .plain),
            ("\(NumberText.bytes(memory.own)) own", .plain),
        ]
        guard let growth = memory.growthPerHour else { return parts + [("trend: too early", .quiet)] }
        parts.append(("\(growth >= 0.5 ? "+" : "")\(NumberText.bytes(growth))/h", .plain))
        let role: TextRole =
            switch memory.leak {
            case .none: .plain
            case .warning: .warning
            case .suspected, .confirmed: .alarm
            }
        let name = memory.leakingProcess.map { " in \(printable($0))" } ?? ""
        parts.append(("leak: \(memory.leak.rawValue)\(memory.leak == .none ? "" : name)", role))
        if memory.leak > .none, let seconds = memory.secondsToLimit {
            parts.append(("full in \(NumberText.duration(seconds: seconds))", role))
        }
        return parts
    }
}
