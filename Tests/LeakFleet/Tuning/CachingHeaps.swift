import Glibc
import TrendFamilies

/// A cache with a bound in bytes, that fills with what is missed.
struct BoundedCache: HeapModel {
    var base: Double
    var bound: Double
    /// Bytes a second at load 1 while it is empty.
    var filling: Double
    /// 0: as fast to the end; 1: the fuller, the more is found in it.
    var saturation: Double
    private var filled = 0.0

    init(base: Double, bound: Double, filling: Double, saturation: Double) {
        (self.base, self.bound, self.filling, self.saturation) = (base, bound, filling, saturation)
    }

    var bytes: Double { base + filled }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        let share = 1 - saturation * filled / bound
        filled = min(bound, filled + filling * share * moment.load * moment.step * draw.uniform(0.8, 1.2))
        if filled >= bound { filled = bound * draw.uniform(0.985, 1) }
    }
}

/// Entries that expire after a time: sessions, a key space with a lifetime, rate limits.
struct ExpiringCache: HeapModel {
    var base: Double
    /// Bytes a second at load 1.
    var filling: Double
    /// Seconds that an entry lives.
    var lifetime: Double
    /// The share of freed pages that goes back in a second.
    var release = 1.0 / 7200
    private var alive = 0.0
    private var held = 0.0

    init(base: Double, filling: Double, lifetime: Double) {
        (self.base, self.filling, self.lifetime) = (base, filling, lifetime)
    }

    var bytes: Double { base + held }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        alive += filling * moment.load * moment.step * draw.uniform(0.9, 1.1)
        alive -= alive * min(1, moment.step / lifetime)
        held = max(alive, held - (held - alive) * min(1, release * moment.step))
    }
}

/// Keys of a limited number that are asked for by rank: new ones come ever more rarely.
struct KeySpace: HeapModel {
    var base: Double
    var keys: Double
    var entry: Double
    /// Requests a second at load 1.
    var requests: Double
    private var asked = 0.0

    init(base: Double, keys: Double, entry: Double, requests: Double) {
        (self.base, self.keys, self.entry, self.requests) = (base, keys, entry, requests)
    }

    /// Under Zipf's law about `n / ln k` of `k` keys are known after `n` requests, until they run out.
    var bytes: Double {
        let scale = keys * 0.6 * log(keys)
        return base + entry * keys * (1 - pow(1 + asked / scale, -1.0))
    }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        asked += requests * moment.load * moment.step * draw.uniform(0.9, 1.1)
    }
}

/// What is gathered in memory and written out at an interval: memtables, heads of series, buffers of a log shipper.
struct GatheringHeap: HeapModel {
    var base: Double
    /// Bytes a second at load 1.
    var gathering: Double
    /// Seconds.
    var interval: Double
    /// What is left of it afterwards, as a share.
    var remains: Double
    /// An index that grows all the time until the process is restarted, bytes a second at load 1.
    var index = 0.0
    private var gathered = 0.0
    private var indexed = 0.0
    private var next: Double?

    init(base: Double, gathering: Double, interval: Double, remains: Double) {
        (self.base, self.gathering, self.interval, self.remains) = (base, gathering, interval, remains)
    }

    var bytes: Double { base + gathered + indexed }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        gathered += gathering * moment.load * moment.step * draw.uniform(0.9, 1.1)
        indexed += index * moment.load * moment.step
        let due = next ?? moment.age + interval * draw.uniform(0.3, 1)
        next = due
        if moment.age >= due {
            gathered *= remains * draw.uniform(0.9, 1.1)
            next = moment.age + interval
        }
    }
}

/// Parts that are loaded one by one when they are first needed: models, dictionaries, tenants.
struct LazyParts: HeapModel {
    var base: Double
    var part: Double
    var most: Int
    /// Seconds between two at load 1.
    var interval: Double
    private var loaded = 0.0
    private var count = 0

    init(base: Double, part: Double, most: Int, interval: Double) {
        (self.base, self.part, self.most, self.interval) = (base, part, most, interval)
    }

    var bytes: Double { base + loaded }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        guard count < most, draw.chance(min(1, moment.load * moment.step / interval)) else { return }
        count += 1
        loaded += part * draw.uniform(0.3, 1.5)
    }
}

/// A batch job: it reads, works and ends.
struct BatchHeap: HeapModel {
    var base: Double
    var pace: Double
    var most: Double
    private var read = 0.0

    init(base: Double, pace: Double, most: Double) { (self.base, self.pace, self.most) = (base, pace, most) }

    var bytes: Double { base + read }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        read = min(most, read + pace * moment.step * draw.uniform(0.6, 1.4))
    }
}
