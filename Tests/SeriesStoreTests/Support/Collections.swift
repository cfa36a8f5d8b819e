import SeriesStore
import TestSupport

/// The boot of all collections that don't say otherwise.
let boot = "5f2f8a3e-0000-4000-8000-000000000001"

/// The wall clock at a monotonic time, while nobody changes it.
func wallTime(_ monotonic: Double) -> Double { 1_800_000_000 + monotonic }

extension SeriesKey {
    static func process(_ process: Int32, boot: String = boot) -> Self {
        SeriesKey(bootID: boot, process: process, startTicks: UInt64(process) * 100)
    }
}

extension SeriesDescription {
    static func named(_ name: String) -> Self { SeriesDescription(group: name, command: name, user: 33) }
}

extension SeriesBatch {
    /// Processes and their leakable bytes; twice as much is resident.
    static func collection(
        at monotonic: Double, _ bytes: [Int32: UInt64], descriptions: [Int32: SeriesDescription] = [:],
        ended: [Int32] = [], boot: String = boot, wall time: Double? = nil
    ) -> Self {
        SeriesBatch(
            wall: time ?? wallTime(monotonic), monotonic: monotonic, bootID: boot,
            readings: bytes.map {
                SeriesReading(key: .process($0.key, boot: boot), bytes: $0.value, resident: 2 * $0.value)
            },
            descriptions: Dictionary(
                uniqueKeysWithValues: descriptions.map { (.process($0.key, boot: boot), $0.value) }),
            ended: ended.map { .process($0, boot: boot) })
    }
}

extension TemporaryDirectory {
    /// A state directory that isn't there yet.
    var state: String { path + "/state" }
}
