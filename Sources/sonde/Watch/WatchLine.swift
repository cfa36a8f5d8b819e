import ProfileModel

/// One reading as a line of CSV (RFC 4180), which `sonde trend` reads.
struct WatchLine {
    static let heading = "timestamp,bytes,pid,name,resident_bytes,cpu_seconds,swap_bytes\n"

    private let process: WatchedProcess
    private let reading: WatchedProcess.Reading

    /// `nil` before the first reading.
    init?(_ process: WatchedProcess) {
        guard let reading = process.latest else { return nil }
        self.process = process
        self.reading = reading
    }

    var text: String {
        let name = process.name.replacing("\"", with: "\"\"")
        return "\(Self.seconds(reading.wall)),\(reading.leakable),\(process.process),\"\(name)\","
            + "\(reading.resident),\(Self.seconds(reading.cpu)),\(reading.swap?.description ?? "")\n"
    }

    /// With three digits after the point.
    private static func seconds(_ value: Double) -> String {
        let milliseconds = UInt64(max(0, value * 1000).rounded())
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
