import TrendFamilies

extension TuningFleet {
    private typealias Role = SimulatedService.Role

    static let leaking: [FleetKind] = steady + loaded + shaped + restarted

    /// Fills the room that a service has in so many days.
    private static func rate(_ role: Role, needs: Double, limit: Double, days: Double) -> Double {
        (limit - needs) / Double(min(role.count, role.leaking)) / (days * day)
    }

    /// A service of one role that leaks, fast enough to fill its limit in the days given.
    private static func leaking(
        _ role: Role, needs: Double, days: Double, onset: Double, _ draw: inout Draw, load: LoadCurve? = nil,
        deployments: [Double] = [], _ shape: (inout Leak) -> Void = { _ in }
    ) -> SimulatedService {
        let all = needs * Double(role.count)
        let limit = all * draw.spread(1.5, 5)
        var role = role
        // The mean load of a day is about half of a busy hour's.
        var leak = Leak(rate: rate(role, needs: all, limit: limit, days: days) * 1.6)
        shape(&leak)
        role.leak = leak
        let curve = load ?? .usual(&draw)
        return SimulatedService(
            limit: limit, load: curve, roles: [role], onset: onset, deployments: deployments)
    }

    private static func server(_ draw: inout Draw) -> (role: Role, needs: Double) {
        let (base, load) = (draw.spread(20, 800) * mebibyte, draw.spread(5, 200) * mebibyte)
        return (Role("leakd") { _ in AllocatorHeap(base: base, perLoad: load) }, base + 1.5 * load)
    }

    private static let steady: [FleetKind] = [
        FleetKind(leaking: "timer") { draw, onset in
            let (role, needs) = server(&draw)
            return leaking(role, needs: needs, days: draw.spread(0.3, 20), onset: onset, &draw) { $0.steady = 1 }
        },
        FleetKind(leaking: "slow") { draw, onset in
            let (role, needs) = server(&draw)
            return leaking(role, needs: needs, days: draw.spread(8, 25), onset: onset, &draw) { $0.steady = 1 }
        },
        FleetKind(leaking: "fast") { draw, onset in
            let (role, needs) = server(&draw)
            return leaking(role, needs: needs, days: draw.spread(0.06, 0.5), onset: onset, &draw) { $0.steady = 0.7 }
        },
        FleetKind(leaking: "in a cache server") { draw, onset in
            let bound = draw.spread(50, 2000) * mebibyte
            let filling = bound / draw.spread(hour, day)
            let role = Role("cached") { _ in
                BoundedCache(base: bound * 0.2, bound: bound, filling: filling, saturation: 0.5)
            }
            return leaking(role, needs: bound * 1.2, days: draw.spread(0.5, 20), onset: onset, &draw)
        },
    ]

    private static let loaded: [FleetKind] = [
        FleetKind(leaking: "by request") { draw, onset in
            let (role, needs) = server(&draw)
            return leaking(role, needs: needs, days: draw.spread(0.3, 20), onset: onset, &draw)
        },
        FleetKind(leaking: "by request below a daily swing") { draw, onset in
            let (base, load) = (draw.spread(20, 200) * mebibyte, draw.spread(100, 800) * mebibyte)
            let role = Role("swing") { _ in
                var heap = AllocatorHeap(base: base, perLoad: load)
                heap.fragments = 0.05
                return heap
            }
            return leaking(role, needs: base + 1.5 * load, days: draw.spread(1, 20), onset: onset, &draw)
        },
        FleetKind(leaking: "in business hours") { draw, onset in
            let (role, needs) = server(&draw)
            return leaking(
                role, needs: needs, days: draw.spread(1, 15), onset: onset, &draw, load: .businessHours(&draw))
        },
        FleetKind(leaking: "at night") { draw, onset in
            let (role, needs) = server(&draw)
            let start = draw.uniform(0, 20)
            return leaking(role, needs: needs, days: draw.spread(1, 15), onset: onset, &draw) { leak in
                (leak.steady, leak.hours, leak.rate) = (1, start...(start + 3), leak.rate * 6)
            }
        },
        FleetKind(leaking: "under a collector") { draw, onset in
            let alive = draw.spread(60, 1000) * mebibyte
            var heap = javaHeap(alive: alive, &draw)
            heap.most = alive * 20
            let made = heap
            return leaking(
                Role("java") { _ in made }, needs: alive * 5, days: draw.spread(0.3, 20), onset: onset, &draw)
        },
        FleetKind(leaking: "in Python") { draw, onset in
            let (base, load) = (draw.spread(40, 400) * mebibyte, draw.spread(10, 200) * mebibyte)
            let role = Role("python3", count: draw.whole(1, 4)) { _ in
                InterpreterHeap(base: base, perLoad: load, remains: 0.4)
            }
            return leaking(role, needs: base + 6 * load, days: draw.spread(0.3, 20), onset: onset, &draw)
        },
    ]

    private static let shaped: [FleetKind] = [
        FleetKind(leaking: "in pieces") { draw, onset in
            let (role, needs) = server(&draw)
            let pieces = draw.spread(1, 60)
            return leaking(role, needs: needs, days: draw.spread(0.3, 15), onset: onset, &draw) { leak in
                leak.piece = leak.rate * hour / pieces * 4
            }
        },
        FleetKind(leaking: "accelerating") { draw, onset in
            let (role, needs) = server(&draw)
            let growth = draw.uniform(0.2, 2)
            return leaking(role, needs: needs, days: draw.spread(1, 15), onset: onset, &draw) { leak in
                leak.acceleration = growth
            }
        },
        FleetKind(leaking: "one worker of several") { draw, onset in
            var (role, needs) = server(&draw)
            (role.count, role.leaking) = (draw.whole(3, 8), 1)
            return leaking(role, needs: needs, days: draw.spread(0.5, 15), onset: onset, &draw)
        },
        FleetKind(leaking: "in all forked workers") { draw, onset in
            let (role, needs) = forkedRole(&draw, recycled: false)
            return leaking(role, needs: needs, days: draw.spread(0.3, 15), onset: onset, &draw)
        },
        FleetKind(leaking: "in database backends") { draw, onset in
            let sorting = draw.spread(1, 32) * mebibyte
            let role = Role("postgres", count: draw.whole(2, 8)) { _ in
                BackendHeap(base: 5 * mebibyte, tables: 500, entry: 8192, touches: 0.05, sorting: sorting)
            }
            return leaking(role, needs: 10 * mebibyte + sorting, days: draw.spread(0.5, 15), onset: onset, &draw)
        },
    ]

    private static let restarted: [FleetKind] = [
        FleetKind(leaking: "since a deployment") { draw, onset in
            let alive = draw.spread(60, 800) * mebibyte
            let heap = javaHeap(alive: alive, &draw)
            return leaking(
                Role("deployed") { _ in heap }, needs: alive * 6, days: draw.spread(0.3, 15), onset: onset, &draw,
                deployments: [onset])
        },
        FleetKind(leaking: "deployed daily") { draw, onset in
            let (role, needs) = server(&draw)
            let moments = deployments(every: draw.spread(0.7, 2) * day, &draw)
            return leaking(
                role, needs: needs, days: draw.spread(1, 8), onset: onset, &draw, deployments: moments)
        },
    ]
}
