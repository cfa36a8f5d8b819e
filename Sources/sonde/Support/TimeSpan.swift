import ArgumentParser
import SystemSupport

/// A span of time on the command line: `10s`, `15m`, `1h30m`, `500ms`, or seconds without a unit.
struct TimeSpan: ExpressibleByArgument {
    let seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        // As people type half a second.
        let text = argument.hasPrefix(".") ? "0\(argument)" : argument
        guard let value = DurationText.seconds(text), value > 0, value < 1e12 else { return nil }
        seconds = value
    }

    var defaultValueDescription: String { DurationText.text(seconds) }
}

/// A time since a recording's start on the command line: a span, or 0.
struct TimeOffset: ExpressibleByArgument {
    let seconds: Double

    init?(argument: String) {
        guard let seconds = DurationText.seconds(argument) == 0 ? 0 : TimeSpan(argument: argument)?.seconds else {
            return nil
        }
        self.seconds = seconds
    }
}
