internal import Logging
internal import SystemSupport

/// A logger's handler that writes to the process's sink.
struct SinkLogHandler: LogHandler {
    let label: String
    let sink: LogSink
    private let isLimited: Bool
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    /// What this logger alone was set to; otherwise the sink's level, which a reload can change.
    private var ownLevel: Logger.Level?

    init(label: String, sink: LogSink, isLimited: Bool = true) {
        self.label = label
        self.sink = sink
        self.isLimited = isLimited
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? sink.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let provided = metadataProvider?.get() ?? [:]
        let all = metadata.merging(provided) { _, new in new }.merging(event.metadata ?? [:]) { _, new in new }
        var fields = all.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value.description) }
        if let error = event.error { fields.append((key: "error", value: "\(error)")) }
        sink.write(
            LogRecord(
                time: SystemClock.wall.seconds, level: event.level, label: label, message: event.message.description,
                fields: fields), isLimited: isLimited)
    }
}
