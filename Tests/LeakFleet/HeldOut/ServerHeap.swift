import Glibc
import TrendFamilies

extension HeldOutFleet {
    /// The memory of a process that may leak, count its connections or run out of heap.
    protocol ServerHeap: HeapModel {
        /// Bytes that come on top of `bytes`.
        var leaked: Double { get }
        /// `nil`: the pool's, by load.
        var connections: Int? { get }
        /// The process ends by itself, as a JVM without heap does.
        var isExhausted: Bool { get }
    }

    /// Memory of several parts of one process.
    struct Sum: ServerHeap {
        private var parts: [any ServerHeap]

        init(_ parts: any ServerHeap...) { self.parts = parts }

        var bytes: Double { parts.reduce(0) { $0 + $1.bytes } }
        var leaked: Double { parts.reduce(0) { $0 + $1.leaked } }
        var connections: Int? { parts.lazy.compactMap(\.connections).first }
        var isExhausted: Bool { parts.contains(where: \.isExhausted) }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            for index in parts.indices { parts[index].advance(moment, &draw) }
        }
    }

    /// Memory that is never freed, as its program loses it.
    struct Loss: ServerHeap {
        let leak: Leak
        let onset: Double
        private(set) var leaked = 0.0
        let bytes = 0.0

        init(_ leak: Leak, from onset: Double) { (self.leak, self.onset) = (leak, onset) }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            leaked += leak.bytes(moment, since: onset, &draw)
        }
    }

    /// What an allocator returns to the kernel of what isn't needed any more.
    struct Retention {
        /// The share of the highest excess that stays resident, for objects that live pin its pages.
        let pinned: Double
        /// Seconds over which the rest is returned.
        let trim: Double
        private(set) var resident = 0.0
        private var highest = 0.0

        init(pinned: Double, trim: Double) { (self.pinned, self.trim) = (pinned, trim) }

        static func usual(_ draw: inout Draw) -> Retention {
            Retention(pinned: draw.uniform(0, 0.7), trim: draw.spread(60, 4 * hour))
        }

        mutating func settle(_ needed: Double, _ step: Double) {
            highest = max(highest, needed)
            let floor = needed + pinned * (highest - needed)
            resident = max(needed, resident + min(0, floor - resident) * (1 - exp(-step / trim)))
        }
    }

    /// Episodes that come at random and last for a while.
    struct Episodes {
        let perDay: Double
        let seconds: ClosedRange<Double>
        private var end = -Double.infinity

        init(perDay: Double, seconds: ClosedRange<Double>) { (self.perDay, self.seconds) = (perDay, seconds) }

        /// The share of time that they take.
        var share: Double { perDay * (seconds.lowerBound + seconds.upperBound) / 2 / day }

        mutating func isActive(_ moment: HeapMoment, _ draw: inout Draw) -> Bool {
            if moment.seconds < end { return true }
            guard draw.chance(1 - exp(-perDay * moment.step / day)) else { return false }
            end = moment.seconds + draw.uniform(seconds.lowerBound, seconds.upperBound)
            return true
        }
    }
}

extension HeldOutFleet.ServerHeap {
    var leaked: Double { 0 }
    var connections: Int? { nil }
    var isExhausted: Bool { false }
}
