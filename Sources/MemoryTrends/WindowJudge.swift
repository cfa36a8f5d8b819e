/// The verdict of one window's floors, with its figures.
struct WindowJudgement {
    var level: LeakLevel
    var findings: [LeakFinding]
    /// Bytes a second.
    var slope = 0.0
    var slopeInterval = 0.0...0.0
    /// Bytes over the window.
    var growth = 0.0
    /// Seconds.
    var window: Double
    /// See `FloorShape.bend`; zero where there was too little to judge.
    var bend = 0.0
    /// Readings that are missing until there can be a verdict, at least; `nil` where there were enough.
    var missingReadings: Int?
}

extension WindowJudgement {
    /// The judgement where there is too little to judge.
    init(readings: Int, window: Double) {
        self.init(level: .none, findings: [.tooFewReadings], window: window)
        missingReadings = max(0, LeakCriteria.fewestReadings - readings)
    }

    /// Whether it replaces that of a shorter window: of equal levels the longer window's does, unless only that has parts
    /// without readings.
    func takesPrecedence(over shorter: WindowJudgement) -> Bool {
        guard level == shorter.level else { return level > shorter.level }
        return !findings.contains(.gap) || shorter.findings.contains(.gap)
    }

    /// A judgement of no leak, with the figures of a trend; `nil` if the slope is not finite, as when times lie next to
    /// nothing apart.
    ///
    /// - Parameter step: seconds between the points of the trend.
    init?(_ line: TrendLine, step: Double, window: Double, findings: [LeakFinding]) {
        let (low, high) = (line.interval.lowerBound / step, line.interval.upperBound / step)
        guard low.isFinite, high.isFinite, (line.slope / step).isFinite else { return nil }
        self.init(
            level: .none, findings: findings, slope: line.slope / step, slopeInterval: low...high,
            growth: line.slope * (window / step - 1), window: window)
    }
}

/// Judges the floors of one window.
struct WindowJudge {
    let criteria: LeakCriteria

    func judgement(of floors: BlockFloors) -> WindowJudgement {
        let floors = floors.trimmed
        let window = Double(floors.values.count) * floors.blockLength
        let nothing = WindowJudgement(readings: floors.readings, window: window)
        guard floors.readings >= LeakCriteria.fewestReadings, let filled = floors.stretched(to: FloorWindow.blocks),
            let line = TrendLine(BlockFloors.coarse(filled))
        else { return nothing }
        let least = max(criteria.smallestGrowth, criteria.smallestShare * Median.of(filled))
        // Four of the blocks that the floors were stretched to.
        let step = 4 * floors.blockLength * Double(floors.values.count - 1) / Double(FloorWindow.blocks - 1)
        // Most processes vary less than that, and cost no more than this comparison.
        guard (filled.max() ?? 0) - (filled.min() ?? 0) > least,
            let shape = FloorShape(floors: filled, window: window)
        else {
            let findings: [LeakFinding] = [line.slope > 0 ? .small : .noGrowth]
            return WindowJudgement(line, step: step, window: window, findings: findings) ?? nothing
        }
        guard var judgement = WindowJudgement(shape.line, step: step, window: window, findings: []) else {
            return nothing
        }
        judgement.bend = shape.bend
        decide(&judgement, shape, least: least, fewness: floors.opposing)
        if !floors.isCovered {
            judgement.level = min(judgement.level, .warning)
            judgement.findings.append(floors.readings < BlockFloors.fewReadings ? .tooFewReadings : .gap)
        }
        return judgement
    }

    private func decide(_ judgement: inout WindowJudgement, _ shape: FloorShape, least: Double, fewness: Double) {
        if shape.growth <= 0 {
            // Half of the time at one level and half at another is no trend.
            judgement.findings = shape.height > least && shape.largestRise >= 0.5 ? [.noGrowth, .step] : [.noGrowth]
        } else if shape.growth <= least {
            judgement.findings = [.small]
        } else {
            let opposing = OpposingEvidence(shape)
            judgement.level = criteria.level(against: opposing.total + fewness)
            judgement.findings =
                judgement.level >= .suspected ? supportingFindings(shape, opposing) : opposingFindings(shape, opposing)
        }
        if shape.cycle != nil { judgement.findings.append(.cycle) }
    }

    private func supportingFindings(_ shape: FloorShape, _ opposing: OpposingEvidence) -> [LeakFinding] {
        var found: [LeakFinding] = [.growing]
        if opposing.points[.bentLately, default: 0] < 1.2 { found.append(.stillGrowing) }
        if opposing.points[.fewRises, default: 0] + opposing.points[.early, default: 0] < 2.5, shape.largestRise < 0.5 {
            found.append(.notAStep)
        }
        if shape.bend > 8 { found.append(.beganLate) }
        return found
    }

    /// The reasons that weigh most, up to two.
    private func opposingFindings(_ shape: FloorShape, _ opposing: OpposingEvidence) -> [LeakFinding] {
        let heavy = opposing.points.filter { $0.value >= 1.5 }.sorted {
            ($1.value, "\($0.key)") < ($0.value, "\($1.key)")
        }
        var found: [LeakFinding] = []
        for (reason, _) in heavy {
            let finding: LeakFinding =
                switch reason {
                case .unclear: .insignificant
                case .bent, .bentLately: .plateau
                case .early: shape.largestRise >= 0.5 ? .step : .plateau
                case .fewRises: shape.largestRise >= 0.4 ? .step : .sawtooth
                case .aimless: .wandering
                }
            if !found.contains(finding) { found.append(finding) }
        }
        return Array(found.prefix(2))
    }
}
