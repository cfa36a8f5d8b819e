import Sampling

/// Explains why no thread could be read, by what was lost.
enum UnreadThreads {
    static let movedText = "it woke up or fell asleep each time that it was read; try again"

    static func text(_ losses: some Sequence<SampleLedger.Loss>) -> String {
        let kinds = Set(losses)
        guard let loss = kinds.first, kinds.count == 1 else { return generalText }
        return switch loss {
        case .moved: "no thread could be read: each woke up or fell asleep each time that it was read; try again"
        case .ended: "no thread could be read: the process ended meanwhile"
        case .tooManyOpenFiles:
            "no thread could be read: Sonde may have only \(DescriptorLimit.text); \(DescriptorLimit.remedy)"
        case .notStopped: "no thread could be read: it got no CPU to stop on in time; try again"
        default: generalText
        }
    }

    private static let generalText = "no thread could be read; run sonde doctor -p PID to see why"
}
