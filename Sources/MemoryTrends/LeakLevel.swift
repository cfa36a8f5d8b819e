/// How sure it is that a process leaks.
package enum LeakLevel: String, Sendable, Comparable, CaseIterable {
    case none
    /// It grows, and that may end by itself: worth a look, not an alarm.
    case warning
    case suspected
    case confirmed

    package static func < (first: LeakLevel, second: LeakLevel) -> Bool { first.rank < second.rank }

    private var rank: Int {
        switch self {
        case .none: 0
        case .warning: 1
        case .suspected: 2
        case .confirmed: 3
        }
    }
}
