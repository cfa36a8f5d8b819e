import Glibc
import TrendFamilies

/// A heap with a collector: what is alive, garbage until the next collection, and pages that the collector keeps.
struct CollectingHeap: HeapModel {
    /// Bytes alive without load, and for each unit of it.
    var alive: Double
    var perLoad: Double
    /// Bytes allocated a second at load 1.
    var allocation: Double
    /// How many times what is alive the heap may take before it is collected.
    var headroom: Double
    /// Bytes that the heap may have at most.
    var most: Double
    /// The smallest amount by which it grows.
    var unit: Double
    /// The share of unused pages that goes back to the kernel in a second; 0: none, as with a fixed heap.
    var release: Double
    /// Memory beside the heap: code, compiled code, metadata; it comes up over so many seconds of load.
    var beside: Double
    var compiling: Double
    private var garbage = 0.0
    private var committed = 0.0
    private var touched = 0.0
    private var worked = 0.0

    init(alive: Double, perLoad: Double, allocation: Double, headroom: Double) {
        (self.alive, self.perLoad, self.allocation, self.headroom) = (alive, perLoad, allocation, headroom)
        (most, unit, release, beside, compiling) = (alive * 6, alive / 8, 1.0 / 1800, alive * 0.3, 3600)
    }

    var bytes: Double { touched + beside * (1 - 0.7 * exp(-worked / compiling)) }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        worked += moment.load * moment.step
        let started = 1 - exp(-moment.age / 200)
        let living = alive * started + perLoad * moment.load * draw.uniform(0.85, 1.15)
        garbage += allocation * moment.load * moment.step * draw.uniform(0.7, 1.3)
        let target = min(most, living * headroom + unit)
        if living + garbage > max(target, committed) {
            // Promoted too early, some garbage survives until a full collection.
            garbage = draw.chance(0.1) ? 0 : garbage.truncatingRemainder(dividingBy: max(1, target - living)) * 0.1
            let needed = (min(most, max(target, living * headroom)) / unit).rounded(.up) * unit
            committed = max(needed, committed - (committed - needed) * min(1, release * moment.step))
        }
        let inUse = min(living + garbage, most)
        touched = max(inUse, touched - (touched - inUse) * min(1, release * moment.step))
        committed = max(committed, touched)
    }
}

/// Arenas of an interpreter: each is given back only when all of its objects have gone, so that bursts leave pages behind.
struct InterpreterHeap: HeapModel {
    var base: Double
    var perLoad: Double
    /// The share of a burst that stays.
    var remains: Double
    private var kept = 0.0
    private var burst = 0.0

    init(base: Double, perLoad: Double, remains: Double) {
        (self.base, self.perLoad, self.remains) = (base, perLoad, remains)
    }

    var bytes: Double { base + kept + burst }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        let started = 1 - exp(-moment.age / 600)
        burst = perLoad * moment.load * started * draw.uniform(0.6, 1.4)
        if draw.chance(0.02 * moment.load) { burst *= draw.uniform(1, 5) }
        // What stays is reused by the next burst, except for what doesn't fit.
        let wanted = remains * burst
        if wanted > kept { kept += (wanted - kept) * draw.uniform(0.05, 0.4) }
    }
}
