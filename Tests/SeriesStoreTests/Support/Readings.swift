import SeriesStore
import TestSupport

/// Collections of a few processes with seeded memory, and what is known of them.
struct Readings {
    let processes: [Int32] = [1, 2, 3]
    private(set) var collections: [SeriesBatch] = []

    /// The first process's memory is whole pages and often stays, the others' is any number.
    init(from start: Double, count: Int, every interval: Double, seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var bytes: [Int32: UInt64] = [1: 1 << 20, 2: 1, 3: 0]
        for index in 0..<count {
            if index % 7 == 0 { bytes[1] = UInt64.random(in: 0..<1 << 20, using: &random) * 4096 }
            bytes[2] = UInt64.random(in: 0..<1 << 40, using: &random)
            bytes[3, default: 0] += UInt64.random(in: 0..<100, using: &random)
            collections.append(
                .collection(
                    at: start + Double(index) * interval, bytes,
                    descriptions: index == 0 ? [1: .named("all"), 2: .named("all"), 3: .named("all")] : [:]))
        }
    }

    private func collections(from start: Double, span: Double) -> [SeriesBatch] {
        collections.filter { $0.monotonic == start || (start..<start + span).contains($0.monotonic) }
    }

    /// What lies in a span, or was read at the timestamp.
    func values(of process: Int32, from start: Double, span: Double) -> [(bytes: UInt64, resident: UInt64)] {
        collections(from: start, span: span).flatMap { collection in
            collection.readings.filter { $0.key.process == process }.map { ($0.bytes, $0.resident) }
        }
    }

    /// The sums of all processes, collection by collection.
    func sums(from start: Double, span: Double) -> [(bytes: UInt64, resident: UInt64)] {
        collections(from: start, span: span).map { collection in
            (collection.readings.map(\.bytes).reduce(0, +), collection.readings.map(\.resident).reduce(0, +))
        }
    }
}
