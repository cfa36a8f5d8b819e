import TrendFamilies

extension HeldOutFleet {
    /// A service of pools under one supervisor.
    struct PooledService: FleetService {
        private struct Running {
            var process: FleetProcess
            var heap: any ServerHeap
            let pool: Int
            let place: Int
            var end: Double
            let work: Double
            var worked = 0.0

            func isOver(at seconds: Double) -> Bool { seconds >= end || worked >= work || heap.isExhausted }
        }

        private struct Vacancy {
            let pool: Int
            let place: Int
            let until: Double
        }

        var limit = Double.infinity
        private let pools: [Pool]
        private var operation: Operation
        private var deployments: ArraySlice<Double>
        private var version = 0
        private var running: [Running] = []
        private var vacancies: [Vacancy] = []
        private var nextNumber: Int32 = 4000
        private var time: Double?
        private(set) var load = 0.0

        init(_ operation: Operation, _ pools: Pool...) {
            (self.operation, self.pools) = (operation, pools)
            deployments = operation.deployments[...]
        }

        var processes: [FleetProcess] { running.map(\.process) }

        mutating func advance(to seconds: Double, _ draw: inout Draw) {
            if time == nil { begin(before: seconds, &draw) }
            play(to: seconds, &draw)
        }

        mutating func kill(_ number: Int32, at seconds: Double, _ draw: inout Draw) {
            for index in running.indices
            where operation.diesTogether || running[index].process.number == number {
                running[index].end = -.infinity
            }
            removeEnded(at: seconds)
            fillVacancies(at: seconds, &draw)
        }

        /// Plays what was before the simulation, in long steps.
        private mutating func begin(before seconds: Double, _ draw: inout Draw) {
            var next = seconds - operation.history
            time = next
            deployments = deployments.drop { $0 < next }
            for (index, pool) in pools.enumerated() {
                guard case .fixed(let count) = pool.population else { continue }
                vacancies += (0..<count).map { Vacancy(pool: index, place: $0, until: next) }
            }
            while next < seconds {
                play(to: next, &draw)
                next += 600
            }
        }

        private mutating func play(to seconds: Double, _ draw: inout Draw) {
            let step = seconds - (time ?? seconds)
            time = seconds
            load = operation.traffic.load(at: seconds, step: step, &draw)
            deploy(at: seconds)
            fillVacancies(at: seconds, &draw)
            for index in pools.indices { populate(index, step, seconds, &draw) }
            for index in running.indices { play(index, step, seconds, &draw) }
            removeEnded(at: seconds)
            fillVacancies(at: seconds, &draw)
        }

        private mutating func play(_ index: Int, _ step: Double, _ seconds: Double, _ draw: inout Draw) {
            let pool = pools[running[index].pool]
            let age = seconds - running[index].process.startedAt
            let moment = HeapMoment(step: min(step, age), age: age, seconds: seconds, load: load)
            running[index].heap.advance(moment, &draw)
            running[index].worked += load * moment.step
            let heap = running[index].heap
            running[index].process.cpu += (pool.idle + pool.cpu * load * draw.uniform(0.8, 1.2)) * moment.step
            running[index].process.connections = heap.connections ?? Int(pool.connections * load)
            running[index].process.leaked = heap.leaked
            running[index].process.memory = heap.bytes + heap.leaked
        }

        private mutating func deploy(at seconds: Double) {
            guard let next = deployments.first, next <= seconds else { return }
            deployments.removeFirst()
            version += 1
            for index in running.indices where pools[running[index].pool].isDeployed {
                let end = seconds + operation.stagger * Double(running[index].place)
                running[index].end = min(running[index].end, end)
            }
            removeEnded(at: seconds)
        }

        private mutating func populate(_ index: Int, _ step: Double, _ seconds: Double, _ draw: inout Draw) {
            switch pools[index].population {
            case .fixed: break
            case .scaled(let wanted): scale(index, to: wanted(load, seconds), at: seconds, &draw)
            case .arriving(let perHour, let most):
                let arrived = draw.poisson(min(perHour(load, seconds) * step / hour, Double(2 * most)))
                let free = max(0, most - running.count { $0.pool == index })
                for place in 0..<min(arrived, free) { start(index, place, at: seconds, &draw) }
            case .scheduled(let every, let first, let count):
                let passed = ((seconds - first) / every).rounded(.down)
                guard passed > ((seconds - step - first) / every).rounded(.down) else { return }
                for place in 0..<count { start(index, place, at: seconds, &draw) }
            }
        }

        /// Starts processes at once, and ends one in a step.
        private mutating func scale(_ index: Int, to wanted: Int, at seconds: Double, _ draw: inout Draw) {
            let places = Set(running.lazy.filter { $0.pool == index }.map(\.place))
            for place in 0..<wanted where !places.contains(place) { start(index, place, at: seconds, &draw) }
            guard let last = places.max(), last > wanted else { return }
            running.removeAll { $0.pool == index && $0.place == last }
        }

        private mutating func fillVacancies(at seconds: Double, _ draw: inout Draw) {
            guard vacancies.contains(where: { $0.until <= seconds }) else { return }
            let due = vacancies.filter { $0.until <= seconds }
            vacancies.removeAll { $0.until <= seconds }
            for vacancy in due { start(vacancy.pool, vacancy.place, at: seconds, &draw) }
        }

        private mutating func removeEnded(at seconds: Double) {
            guard running.contains(where: { $0.isOver(at: seconds) }) else { return }
            for ended in running where ended.isOver(at: seconds) {
                guard case .fixed = pools[ended.pool].population else { continue }
                let until = seconds + pools[ended.pool].delay
                vacancies.append(Vacancy(pool: ended.pool, place: ended.place, until: until))
            }
            running.removeAll { $0.isOver(at: seconds) }
        }

        private mutating func start(_ index: Int, _ place: Int, at seconds: Double, _ draw: inout Draw) {
            let pool = pools[index]
            nextNumber += Int32(draw.whole(1, 40))
            var new = Running(
                process: FleetProcess(number: nextNumber, command: pool.command, startedAt: seconds),
                heap: pool.heap(Pool.Start(place: place, version: version), &draw), pool: index, place: place,
                end: pool.life.map { seconds + $0(&draw) } ?? .infinity,
                work: pool.work.map { $0(&draw) } ?? .infinity)
            new.heap.advance(HeapMoment(step: 0, age: 0, seconds: seconds, load: load), &draw)
            new.process.memory = new.heap.bytes
            running.append(new)
        }
    }
}
