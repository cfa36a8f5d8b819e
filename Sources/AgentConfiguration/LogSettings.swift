package struct LogSettings: Equatable, Sendable {
    package enum Format: String, CaseIterable, Sendable {
        case logfmt
        case json
    }

    package enum Level: String, CaseIterable, Sendable {
        case debug
        case info
        case warning
        case error
    }

    package var level = Level.info
    package var format = Format.logfmt

    package init() {}
}
