import TrendFamilies

extension HeldOutFleet {
    /// Processes of a service that run the same program.
    struct Pool {
        enum Population {
            case fixed(Int)
            /// So many at a load and moment.
            case scaled((_ load: Double, _ seconds: Double) -> Int)
            /// They start at random.
            case arriving(perHour: (_ load: Double, _ seconds: Double) -> Double, atMost: Int)
            /// They start together at regular times.
            case scheduled(every: Double, from: Double, count: Int)
        }

        /// What a program knows when it starts.
        struct Start {
            let place: Int
            /// The number of deployments before.
            let version: Int
        }

        let command: String
        let population: Population
        let heap: (Start, inout Draw) -> any ServerHeap
        /// Seconds after which a process ends; `nil`: never.
        var life: ((inout Draw) -> Double)?
        /// Seconds of a busy hour's load after which it ends; `nil`: never.
        var work: ((inout Draw) -> Double)?
        /// Seconds without the process until the supervisor starts it again.
        var delay = 0.0
        /// CPU seconds a second at load 1, and without load.
        var cpu = 0.2
        var idle = 0.002
        /// At load 1.
        var connections = 0.0
        var isDeployed = true

        init(
            _ command: String, _ population: Population = .fixed(1),
            heap: @escaping (Start, inout Draw) -> any ServerHeap
        ) {
            (self.command, self.population, self.heap) = (command, population, heap)
        }
    }

    /// The load of a service with what a usual day doesn't have.
    struct Traffic {
        private var curve: LoadCurve
        /// The share by which it grows in a day.
        private let growth: Double
        private var peaks: Episodes
        /// The load in an episode, as a multiple.
        private let height: Double

        init(_ curve: LoadCurve, growth: Double = 0) {
            (self.curve, self.growth) = (curve, growth)
            (peaks, height) = (Episodes(perDay: 0, seconds: 0...0), 1)
        }

        /// Peaks come at random, as of campaigns and retries.
        init(_ curve: LoadCurve, peaksPerDay: Double, height: Double) {
            (self.curve, growth) = (curve, 0)
            (peaks, self.height) = (Episodes(perDay: peaksPerDay, seconds: 600...3 * hour), height)
        }

        static func usual(_ draw: inout Draw) -> Traffic {
            let curve = draw.chance(0.25) ? LoadCurve.steady(&draw) : LoadCurve.usual(&draw)
            guard draw.chance(0.4) else { return Traffic(curve) }
            return Traffic(curve, peaksPerDay: draw.spread(0.1, 2), height: draw.uniform(1.1, 1.8))
        }

        mutating func load(at seconds: Double, step: Double, _ draw: inout Draw) -> Double {
            let usual = curve.load(at: seconds, &draw) * max(0.2, 1 + growth * seconds / day)
            let moment = HeapMoment(step: step, age: 0, seconds: seconds, load: usual)
            return peaks.isActive(moment, &draw) ? usual * height : usual
        }
    }

    /// How a service is run.
    struct Operation {
        var traffic: Traffic
        /// Seconds that it has run before the simulation.
        var history: Double
        /// When its processes are replaced, in ascending order.
        var deployments: [Double] = []
        /// Seconds between the restarts of two processes in a deployment.
        var stagger = 0.0
        /// All processes end when one is killed, as in a container.
        var diesTogether = false

        static func usual(_ draw: inout Draw, _ traffic: Traffic? = nil) -> Operation {
            Operation(
                traffic: traffic ?? .usual(&draw), history: draw.chance(0.4) ? 0 : draw.spread(hour, 6 * day),
                stagger: draw.one(of: 0, 0, 60, 300), diesTogether: draw.chance(0.3))
        }
    }
}
