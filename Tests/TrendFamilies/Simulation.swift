import Glibc

/// What the held-out families are made of: mechanisms that are played, reading by reading, instead of formulas.
struct Simulation {
    static let steps = TrendFamily.readings

    /// Bytes of the program itself.
    let code: Double
    private(set) var bytes: [Double] = []

    init(_ draw: inout Draw) {
        code = draw.one(of: 25, 60, 120, 300, 700, 1_800) * draw.uniform(0.7, 1.4) * 1e6
        bytes.reserveCapacity(Self.steps)
    }

    /// Notes a reading of so many bytes in use beyond the program, as the kernel shows it: whole pages.
    mutating func note(_ used: Double) { bytes.append(((code + used) / 4_096).rounded() * 4_096) }

    /// Adds what every process does: counters that lag by some pages for each thread.
    func withLag(_ draw: inout Draw, threads: Double = 8) -> [Double] {
        bytes.map { $0 + (threads / 3).squareRoot() * 131_072 * draw.uniform(-1, 1) }
    }

    /// The load of a moment, 1 in the mean: working hours, in `days` days over the window.
    static func load(_ step: Int, days: Double, phase: Double, depth: Double) -> Double {
        let hour = (Double(step) / Double(steps) * days + phase).truncatingRemainder(dividingBy: 1) * 24
        let day = hour < 6 ? 0 : hour < 10 ? (hour - 6) / 4 : hour < 17 ? 1 : hour < 22 ? (22 - hour) / 5 : 0
        return 1 + depth * (day - 0.48)
    }
}

/// A heap with a collector: garbage goes when the heap is full, and the heap is sized by what is alive.
struct CollectedHeap {
    private var garbage = 0.0
    private(set) var target: Double
    /// The factor by which the heap may outgrow what is alive.
    let headroom: Double

    init(alive: Double, headroom: Double) {
        self.headroom = headroom
        target = alive * headroom
    }

    mutating func allocate(_ bytes: Double, alive: Double) -> Double {
        garbage += bytes
        if alive + garbage > target {
            garbage = 0
            target = max(target * 0.5, alive * headroom)
        }
        return alive + garbage
    }
}

/// Keys that are asked for by rank, the first ones most often (Zipf's law with exponent 1).
struct PopularKeys {
    let count: Int

    /// By inversion of the logarithmic distribution that Zipf's law approaches.
    func next(_ draw: inout Draw) -> Int { min(count - 1, Int(pow(Double(count), draw.uniform())) - 1) }
}
