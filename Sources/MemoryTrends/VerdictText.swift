internal import SystemSupport

/// Puts a judgement into figures and words.
struct VerdictText {
    let limit: UInt64?
    let room: MemoryRoom
    let current: UInt64

    func verdict(_ judgement: WindowJudgement) -> LeakVerdict {
        let left = secondsToLimit(judgement)
        return LeakVerdict(
            level: judgement.level, window: judgement.window, slope: judgement.slope,
            slopeInterval: judgement.slopeInterval, floorGrowth: judgement.growth, currentBytes: current,
            limitBytes: limit, secondsToLimit: left, findings: judgement.findings,
            evidence: evidence(judgement, left: left))
    }

    func secondsToLimit(_ judgement: WindowJudgement) -> Double? {
        guard let limit, judgement.level > .none, judgement.slope > 0 else { return nil }
        let left: UInt64
        switch room {
        case .alone: left = current >= limit ? 0 : limit - current
        case .shared(let bytes): left = bytes
        case .unknown: return nil
        }
        let seconds = Double(left) / judgement.slope
        return seconds.isFinite ? seconds : nil
    }

    /// Why there is no verdict yet.
    private static func tooFew(_ findings: [LeakFinding]) -> String {
        let others = findings.filter { $0 != .tooFewReadings }.compactMap(\.words)
        return (["too few readings to judge"] + others).joined(separator: ", ")
    }

    private func evidence(_ judgement: WindowJudgement, left: Double?) -> String {
        if let missing = judgement.missingReadings {
            let more = missing > 0 ? ": \(missing) more needed" : ""
            return "too few readings to judge\(more)"
        }
        guard judgement.level > .none || !judgement.findings.contains(.tooFewReadings) else {
            return Self.tooFew(judgement.findings)
        }
        let span = NumberText.duration(seconds: judgement.window)
        let moved = judgement.growth < 0 ? "fell" : "grew"
        var parts = ["floor \(moved) \(NumberText.bytes(abs(judgement.growth))) in \(span)"]
        if judgement.level > .none {
            let reach = (judgement.slopeInterval.upperBound - judgement.slopeInterval.lowerBound) / 2
            parts.append(Self.rate(judgement.slope, reach: reach))
        }
        parts += judgement.findings.compactMap(\.words)
        if let limit, limit > 0 {
            let share = "\(NumberText.percent(Double(current) / Double(limit))) of the limit"
            let full = left.map { ": full in \(NumberText.duration(seconds: $0))" }
            parts.append(share + (full ?? unknownRoom(judgement)))
        }
        return parts.joined(separator: ", ")
    }

    /// `52.0 MiB/h ± 4.1 MiB/h`: per second, minute, hour or day, whichever makes at least a MiB, or else the day.
    private static func rate(_ perSecond: Double, reach: Double) -> String {
        let times: [(String, Double)] = [("s", 1), ("min", 60), ("h", 3_600), ("d", 86_400)]
        let (unit, seconds) = times.first { abs(perSecond) * $0.1 >= 1_048_576 } ?? ("d", 86_400)
        return "\(NumberText.bytes(perSecond * seconds))/\(unit) ± \(NumberText.bytes(reach * seconds))/\(unit)"
    }

    private func unknownRoom(_ judgement: WindowJudgement) -> String {
        room == .unknown && judgement.level > .none ? ": how much of it is left is not known" : ""
    }
}

extension LeakFinding {
    /// As a part of a sentence; `nil` where the figures say it.
    var words: String? {
        switch self {
        case .growing: nil
        case .stillGrowing: "still growing"
        case .notAStep: "not a step"
        case .beganLate: "faster than before"
        case .noGrowth: "no growth"
        case .insignificant: "within the noise"
        case .small: "too little to matter"
        case .step: "in a step"
        case .plateau: "growth slows down or has ended"
        case .sawtooth: "memory is released in between"
        case .wandering: "up and down without a direction"
        case .overruled: "a longer window shows no leak"
        case .expected: "no more than other processes of the service used"
        case .unproven: "for too short a time to be sure"
        case .cycle: "a cycle was taken out"
        case .warmUp: "start of life left out"
        case .tooShort: "too short a time to be sure"
        case .tooFewReadings: "too few readings to be sure"
        case .gap: "parts of the time without readings"
        }
    }
}
