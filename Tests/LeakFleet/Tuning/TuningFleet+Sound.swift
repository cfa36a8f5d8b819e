import Glibc
import TrendFamilies

extension TuningFleet {
    private typealias Role = SimulatedService.Role

    static let sound: [FleetKind] = servers + collected + caches + forked + restarting

    private static let servers: [FleetKind] = [
        FleetKind(sound: "idle daemon") { draw in
            let base = draw.spread(4, 80) * mebibyte
            let role = Role("idled") { draw in AllocatorHeap(base: base, perLoad: draw.uniform(0, 0.5) * mebibyte) }
            return service(role, needs: base * 2, &draw, load: .steady(&draw))
        },
        FleetKind(sound: "C server") { draw in
            let (base, load) = (draw.spread(10, 400) * mebibyte, draw.spread(5, 300) * mebibyte)
            let role = Role("httpd") { _ in AllocatorHeap(base: base, perLoad: load) }
            return service(role, needs: base + 1.8 * load, &draw)
        },
        FleetKind(sound: "business hours") { draw in
            let (base, load) = (draw.spread(20, 300) * mebibyte, draw.spread(50, 800) * mebibyte)
            let release = 1 / draw.spread(1800, 40_000)
            let role = Role("office") { _ in
                var heap = AllocatorHeap(base: base, perLoad: load)
                heap.release = release
                return heap
            }
            return service(role, needs: base + 1.8 * load, &draw, load: .businessHours(&draw))
        },
        FleetKind(sound: "allocator arenas") { draw in
            let (base, arena) = (draw.spread(20, 400) * mebibyte, draw.spread(4, 60) * mebibyte)
            let (most, interval) = (draw.whole(4, 64), draw.spread(300, 7200))
            let role = Role("threads") { _ in ArenaHeap(base: base, arena: arena, most: most, interval: interval) }
            return service(role, needs: base + arena * Double(most), &draw)
        },
        FleetKind(sound: "huge pages") { draw in
            let base = draw.spread(100, 4000) * mebibyte
            let (bloat, pace) = (base * draw.uniform(0.1, 0.8), draw.spread(0.003, 0.3) * mebibyte)
            let role = Role("sparse") { _ in HugePageHeap(base: base, bloat: bloat, pace: pace) }
            return service(role, needs: base + bloat, &draw)
        },
        FleetKind(sound: "lazily loaded parts") { draw in
            let part = draw.spread(10, 400) * mebibyte
            let (most, interval) = (draw.whole(3, 20), draw.spread(1200, 40_000))
            let role = Role("models") { _ in
                LazyParts(base: part * 2, part: part, most: most, interval: interval)
            }
            return service(role, needs: part * Double(most + 3), &draw)
        },
    ]

    private static let collected: [FleetKind] = [
        FleetKind(sound: "JVM that resizes") { draw in
            let alive = draw.spread(80, 2500) * mebibyte
            let heap = javaHeap(alive: alive, &draw)
            return service(Role("java") { _ in heap }, needs: heap.most + heap.beside, &draw)
        },
        FleetKind(sound: "JVM with a fixed heap") { draw in
            let alive = draw.spread(80, 2500) * mebibyte
            var heap = javaHeap(alive: alive, &draw)
            (heap.release, heap.headroom) = (0, heap.most / alive)
            let fixed = heap
            return service(Role("java") { _ in fixed }, needs: heap.most + heap.beside, &draw)
        },
        FleetKind(sound: "Go server") { draw in
            let alive = draw.spread(15, 800) * mebibyte
            var heap = CollectingHeap(
                alive: alive, perLoad: alive * draw.uniform(0.1, 1), allocation: alive * draw.spread(0.002, 0.2),
                headroom: 2)
            (heap.unit, heap.beside, heap.release) = (mebibyte * 4, 10 * mebibyte, 1 / draw.spread(300, 3600))
            let made = heap
            return service(Role("go-server") { _ in made }, needs: alive * 5, &draw)
        },
        FleetKind(sound: "Node server") { draw in
            let alive = draw.spread(40, 500) * mebibyte
            var heap = CollectingHeap(
                alive: alive, perLoad: alive * draw.uniform(0.05, 0.5), allocation: alive * draw.spread(0.005, 0.1),
                headroom: draw.uniform(1.3, 2.5))
            (heap.release, heap.compiling) = (1 / draw.spread(1800, 40_000), draw.spread(1800, 40_000))
            let made = heap
            return service(Role("node", count: draw.whole(1, 4)) { _ in made }, needs: alive * 7, &draw)
        },
        FleetKind(sound: "Python server") { draw in
            let (base, load) = (draw.spread(40, 400) * mebibyte, draw.spread(10, 200) * mebibyte)
            let remains = draw.uniform(0.1, 0.6)
            let role = Role("python3", count: draw.whole(1, 4)) { _ in
                InterpreterHeap(base: base, perLoad: load, remains: remains)
            }
            return service(role, needs: base + 8 * load, &draw)
        },
    ]

    static func javaHeap(alive: Double, _ draw: inout Draw) -> CollectingHeap {
        var heap = CollectingHeap(
            alive: alive, perLoad: alive * draw.uniform(0.1, 0.8), allocation: alive * draw.spread(0.001, 0.1),
            headroom: draw.uniform(1.4, 3))
        (heap.most, heap.unit) = (alive * draw.uniform(3, 6), draw.one(of: 1, 4, 16) * mebibyte)
        (heap.release, heap.beside) = (1 / draw.spread(900, 80_000), draw.uniform(60, 300) * mebibyte)
        heap.compiling = draw.spread(1800, 60_000)
        return heap
    }

    private static let caches: [FleetKind] = [
        FleetKind(sound: "cache that fills") { draw in
            let bound = draw.spread(50, 6000) * mebibyte
            let (filling, saturation) = (bound / draw.spread(hour, 4 * day), draw.one(of: 0, 0.5, 0.9))
            let role = Role("memcached") { _ in
                BoundedCache(base: bound * 0.1, bound: bound, filling: filling, saturation: saturation)
            }
            return service(role, needs: bound * 1.1, &draw)
        },
        FleetKind(sound: "sessions that expire") { draw in
            let lifetime = draw.spread(hour, 2 * day)
            let alive = draw.spread(20, 1500) * mebibyte
            let role = Role("sessions") { _ in
                ExpiringCache(base: alive * 0.3, filling: alive / lifetime, lifetime: lifetime)
            }
            return service(role, needs: alive * 1.6, &draw)
        },
        FleetKind(sound: "key space") { draw in
            let (keys, entry) = (draw.spread(1e4, 1e7), draw.spread(200, 20_000))
            let size = min(keys * entry, 8e9)
            let requests = keys * log2(keys) / draw.spread(hour, 3 * day)
            let role = Role("keys") { _ in
                KeySpace(base: size * 0.2, keys: keys, entry: size / keys, requests: requests)
            }
            return service(role, needs: size * 1.2, &draw)
        },
        FleetKind(sound: "series database") { draw in
            let base = draw.spread(100, 3000) * mebibyte
            let gathering = base * draw.uniform(0.2, 0.8) / (2 * hour)
            let role = Role("series") { draw in
                GatheringHeap(base: base, gathering: gathering, interval: 2 * hour, remains: draw.uniform(0.05, 0.4))
            }
            return service(role, needs: base * 2, &draw, load: .steady(&draw))
        },
        FleetKind(sound: "index that is built anew weekly") { draw in
            let base = draw.spread(100, 2000) * mebibyte
            let index = base * draw.uniform(0.3, 1.5) / (7 * day)
            let phase = draw.uniform(0, 7 * day)
            let role = Role("indexer") { _ in
                var heap = GatheringHeap(base: base, gathering: base * 0.1 / hour, interval: hour, remains: 0.1)
                heap.index = index
                return heap
            }
            return service(
                role, needs: base * 3.2, &draw, deployments: [phase, phase + 7 * day, phase + 14 * day])
        },
        FleetKind(sound: "buffers written at night") { draw in
            let base = draw.spread(50, 1000) * mebibyte
            let gathering = base * draw.uniform(0.1, 1) / day
            let role = Role("buffers") { _ in
                GatheringHeap(base: base, gathering: gathering, interval: day, remains: 0.05)
            }
            return service(role, needs: base * 2.2, &draw)
        },
    ]

    private static let forked: [FleetKind] = [
        FleetKind(sound: "forked workers") { draw in
            let role = forkedRole(&draw, recycled: false)
            return service(role.role, needs: role.needs, &draw)
        },
        FleetKind(sound: "recycled workers") { draw in
            let role = forkedRole(&draw, recycled: true)
            return service(role.role, needs: role.needs, &draw)
        },
        FleetKind(sound: "PHP pool") { draw in
            let (own, request) = (draw.spread(5, 30) * mebibyte, draw.spread(2, 20) * mebibyte)
            var role = Role("php-fpm", count: draw.whole(5, 20)) { _ in
                ForkedHeap(own: own, shared: 10 * mebibyte, writing: 3600, request: request)
            }
            role.scale = { min(1, 0.2 + 0.6 * $0) }
            let work = draw.spread(1800, 40_000)
            role.work = { draw in work * draw.uniform(0.8, 1.2) }
            return service(role, needs: own + 10 * mebibyte + request * 20, &draw)
        },
        FleetKind(sound: "database backends") { draw in
            let (tables, entry) = (draw.spread(100, 5000), draw.spread(2, 40) * 1024)
            let touches = tables / draw.spread(600, 40_000)
            let sorting = draw.spread(1, 64) * mebibyte
            var role = Role("postgres", count: draw.whole(4, 16)) { _ in
                BackendHeap(base: 5 * mebibyte, tables: tables, entry: entry, touches: touches, sorting: sorting)
            }
            let life = draw.spread(10 * minute, day)
            role.life = { draw in life * (0.2 + draw.exponential()) }
            return service(role, needs: 5 * mebibyte + tables * entry + sorting, &draw)
        },
    ]

    static func forkedRole(_ draw: inout Draw, recycled: Bool) -> (role: SimulatedService.Role, needs: Double) {
        let (own, shared) = (draw.spread(8, 60) * mebibyte, draw.spread(20, 400) * mebibyte)
        let (writing, request) = (draw.spread(600, 40_000), draw.spread(0.3, 10) * mebibyte)
        var role = Role("gunicorn", count: draw.whole(2, 8)) { _ in
            ForkedHeap(own: own, shared: shared, writing: writing, request: request)
        }
        if recycled {
            let work = draw.spread(20 * minute, 12 * hour)
            role.work = { draw in work * draw.uniform(0.8, 1.2) }
        }
        return (role, own + shared * 0.8 + request * 20)
    }

    private static let restarting: [FleetKind] = [
        FleetKind(sound: "restarted every few hours") { draw in
            let (base, load) = (draw.spread(50, 800) * mebibyte, draw.spread(20, 400) * mebibyte)
            let (remains, life) = (draw.uniform(0.1, 0.6), draw.spread(hour, 12 * hour))
            let warmUp = draw.spread(300, 6 * hour)
            var role = Role("restarting") { _ in
                var heap = AllocatorHeap(base: base, perLoad: load)
                (heap.warmUp, heap.fragments) = (warmUp, remains)
                return heap
            }
            role.life = { draw in life * draw.uniform(0.9, 1.1) }
            return service(role, needs: base + load * 2, &draw)
        },
        FleetKind(sound: "deployed often") { draw in
            let alive = draw.spread(80, 1500) * mebibyte
            let heap = javaHeap(alive: alive, &draw)
            let interval = draw.spread(5 * hour, 2 * day)
            let moments = deployments(every: interval, &draw)
            return service(
                Role("deployed", count: draw.whole(1, 3)) { _ in heap }, needs: heap.most + heap.beside, &draw,
                deployments: moments)
        },
        FleetKind(sound: "cache of a service that is deployed") { draw in
            let bound = draw.spread(50, 3000) * mebibyte
            let filling = bound / draw.spread(hour, 2 * day)
            let moments = deployments(every: draw.spread(8 * hour, 3 * day), &draw)
            return service(
                Role("cached") { _ in
                    BoundedCache(base: bound * 0.2, bound: bound, filling: filling, saturation: 0.5)
                }, needs: bound * 1.2, &draw, deployments: moments)
        },
        FleetKind(sound: "batch jobs") { draw in
            let most = draw.spread(50, 4000) * mebibyte
            let length = draw.spread(10 * minute, 5 * hour)
            let pace = most / length * draw.uniform(0.5, 2)
            var role = Role("batch") { _ in BatchHeap(base: 20 * mebibyte, pace: pace, most: most) }
            role.life = { draw in length * draw.uniform(0.7, 1.5) }
            return service(role, needs: 20 * mebibyte + most, &draw)
        },
        FleetKind(sound: "queue with backlogs") { draw in
            let (base, load) = (draw.spread(20, 200) * mebibyte, draw.spread(20, 800) * mebibyte)
            let role = Role("queue") { _ in
                var heap = AllocatorHeap(base: base, perLoad: load)
                heap.release = 1 / 1200
                return heap
            }
            return service(
                role, needs: base + load * 4, &draw,
                load: LoadCurve(nights: 0.5, noise: draw.uniform(0.3, 0.7), lasting: draw.spread(3600, 30_000)))
        },
        FleetKind(sound: "scaled workers") { draw in
            let alive = draw.spread(30, 400) * mebibyte
            var role = Role("scaled", count: draw.whole(3, 8)) { _ in
                AllocatorHeap(base: alive, perLoad: alive * 0.4)
            }
            role.scale = { min(1, 0.1 + 0.8 * $0) }
            return service(role, needs: alive * 2, &draw)
        },
    ]
}
