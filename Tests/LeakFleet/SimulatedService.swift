package import TrendFamilies

/// A service of processes in roles, with a supervisor that starts them anew.
package struct SimulatedService: FleetService {
    /// Processes that do the same.
    package struct Role {
        package var command: String
        package var count = 1
        /// Makes the heap of a new process.
        package var heap: (inout Draw) -> any HeapModel
        /// Seconds after which a process is replaced, drawn for each; `nil`: never.
        package var life: ((inout Draw) -> Double)?
        /// Busy units of load after which a process is replaced (`max_requests`), drawn for each; `nil`: never.
        package var work: ((inout Draw) -> Double)?
        /// How many of the processes leak, and how.
        package var leak: Leak?
        package var leaking = Int.max
        /// CPU seconds a second at load 1.
        package var cpu = 0.3
        /// Connections at load 1.
        package var connections = 20.0
        /// The share of processes that run at this load; below 1, few run at night.
        package var scale: (@Sendable (Double) -> Double)?

        package init(_ command: String, count: Int = 1, heap: @escaping (inout Draw) -> any HeapModel) {
            (self.command, self.count, self.heap) = (command, count, heap)
        }
    }

    private struct Running {
        var process: FleetProcess
        var heap: any HeapModel
        let role: Int
        let place: Int
        let end: Double
        let work: Double
        var worked = 0.0
    }

    package let limit: Double
    private let roles: [Role]
    private var load: LoadCurve
    private let onset: Double
    /// When all processes are replaced, in ascending order.
    private var deployments: ArraySlice<Double>
    private var running: [Running] = []
    private var nextNumber: Int32 = 1000
    private var time: Double?

    /// - Parameters:
    ///   - onset: when its leaks begin; `.infinity` where nothing leaks.
    ///   - deployments: seconds, in ascending order.
    package init(
        limit: Double, load: LoadCurve, roles: [Role], onset: Double = .infinity, deployments: [Double] = []
    ) {
        (self.limit, self.load, self.roles, self.onset) = (limit, load, roles, onset)
        self.deployments = deployments[...]
    }

    package var processes: [FleetProcess] { running.map(\.process) }

    package mutating func advance(to seconds: Double, _ draw: inout Draw) {
        let step = time.map { seconds - $0 } ?? 0
        if time == nil { start(at: seconds, &draw) }
        time = seconds
        let load = self.load.load(at: seconds, &draw)
        if let next = deployments.first, next <= seconds {
            deployments.removeFirst()
            for index in running.indices { replace(index, at: seconds, &draw) }
        }
        adapt(to: load, at: seconds, &draw)
        for index in running.indices {
            let moment = HeapMoment(
                step: step, age: seconds - running[index].process.startedAt, seconds: seconds, load: load)
            play(index, moment, &draw)
            if seconds >= running[index].end || running[index].worked >= running[index].work {
                replace(index, at: seconds, &draw)
            }
        }
    }

    package mutating func kill(_ number: Int32, at seconds: Double, _ draw: inout Draw) {
        guard let index = running.firstIndex(where: { $0.process.number == number }) else { return }
        replace(index, at: seconds, &draw)
    }

    private mutating func play(_ index: Int, _ moment: HeapMoment, _ draw: inout Draw) {
        let role = roles[running[index].role]
        running[index].heap.advance(moment, &draw)
        if let leak = role.leak, running[index].place < role.leaking {
            running[index].process.leaked += leak.bytes(moment, since: onset, &draw)
        }
        running[index].worked += moment.load * moment.step
        running[index].process.cpu += role.cpu * moment.load * moment.step * draw.uniform(0.9, 1.1)
        running[index].process.connections = Int(role.connections * moment.load)
        running[index].process.memory = running[index].heap.bytes + running[index].process.leaked
    }

    private mutating func start(at seconds: Double, _ draw: inout Draw) {
        for (index, role) in roles.enumerated() {
            for place in 0..<role.count { running.append(new(role: index, place: place, at: seconds, &draw)) }
        }
    }

    /// Starts and ends processes of roles that scale with the load.
    private mutating func adapt(to load: Double, at seconds: Double, _ draw: inout Draw) {
        for (index, role) in roles.enumerated() {
            guard let scale = role.scale else { continue }
            let wanted = max(1, min(role.count, Int((Double(role.count) * scale(load)).rounded(.up))))
            running.removeAll { $0.role == index && $0.place >= wanted + 1 }
            let places = Set(running.lazy.filter { $0.role == index }.map(\.place))
            for place in 0..<wanted where !places.contains(place) {
                running.append(new(role: index, place: place, at: seconds, &draw))
            }
        }
    }

    private mutating func replace(_ index: Int, at seconds: Double, _ draw: inout Draw) {
        running[index] = new(role: running[index].role, place: running[index].place, at: seconds, &draw)
    }

    private mutating func new(role index: Int, place: Int, at seconds: Double, _ draw: inout Draw) -> Running {
        let role = roles[index]
        nextNumber += 1
        var running = Running(
            process: FleetProcess(number: nextNumber, command: role.command, startedAt: seconds),
            heap: role.heap(&draw), role: index, place: place,
            end: role.life.map { seconds + $0(&draw) } ?? .infinity, work: role.work.map { $0(&draw) } ?? .infinity)
        running.process.memory = running.heap.bytes
        return running
    }
}
